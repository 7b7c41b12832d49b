// Written by scripts/write-options.mjs from the rows of the options.
import type { z } from 'zod';
import type { animationOptionsSchema } from './animation-options.js';
import type { generationOptionsSchema, img2imgOptionsSchema } from './generation-options.js';

type Generation = z.input<typeof generationOptionsSchema>;
/** The generation options as a caller gives them; all may be left out. */
export type GenerationOptionsInput = {
  /** What the image should show. A text of at most 20000 characters. Default none. */
  prompt?: Generation['prompt'];
  /** What the image should not show; has an effect only with a CFG scale above 1. A text of at most 20000 characters. Default none. */
  negativePrompt?: Generation['negativePrompt'];
  /** Name of a model of the host, or a folder with a model in the diffusers ONNX layout. A text of at most 1000 characters that is not empty. Default `emoji`. */
  model?: Generation['model'];
  /** The method that turns noise into the image. A text of at most 200 characters that is not empty. Default `Euler a`. */
  sampler?: Generation['sampler'];
  /** How the noise levels are spaced over the steps. A text of at most 200 characters that is not empty. Default `Automatic`. */
  scheduler?: Generation['scheduler'];
  /** How many times the image is denoised. A whole number from 1 to 1000. Default `20`. */
  steps?: Generation['steps'];
  /** How strongly the image follows the prompt; 1 turns guidance off and halves the time. A number from 1 to 30. Default `4`. */
  cfgScale?: Generation['cfgScale'];
  /** The number that the noise is made from; the same seed gives the same image, -1 picks a random one. A whole number from -1 to 4294967295. Default `-1`. */
  seed?: Generation['seed'];
  /** Width of the image, a multiple of 8; 0 is the model's default. A multiple of 8 from 0 to 4096 pixels. Default `0`. */
  width?: Generation['width'];
  /** Height of the image, a multiple of 8; 0 is the model's default. A multiple of 8 from 0 to 4096 pixels. Default `0`. */
  height?: Generation['height'];
  /** Which layer of the text encoder reads the prompt: 1 is the last, 2 the one before; SDXL models never use the last. A whole number from 1 to 12. Default `1`. */
  clipSkip?: Generation['clipSkip'];
  /** How much overexposure by guidance is reduced; 0.7 suits models with zero terminal SNR. A number from 0 to 1. Default `0`. */
  guidanceRescale?: Generation['guidanceRescale'];
  /** Which noise a seed gives: that of PyTorch's CPU generator, or that of its CUDA generator, which most web UIs use. One of cpu, gpu. Default `cpu`. */
  rng?: Generation['rng'];
  /** Seed of the noise that is mixed into the image's own; -1 picks a random one. A whole number from -1 to 4294967295. Default `-1`. */
  variationSeed?: Generation['variationSeed'];
  /** How much of the noise comes from the variation seed. A number from 0 to 1. Default `0`. */
  variationStrength?: Generation['variationStrength'];
  /** Width of an image of the same seed that this one should resemble; 0 for none. A multiple of 8 from 0 to 4096 pixels. Default `0`. */
  seedResizeFromWidth?: Generation['seedResizeFromWidth'];
  /** Height of that image; 0 for none. A multiple of 8 from 0 to 4096 pixels. Default `0`. */
  seedResizeFromHeight?: Generation['seedResizeFromHeight'];
  /** Share of fresh noise in each step of ancestral samplers and DDIM; auto is the sampler's default: 1, or 0 for DDIM. A number from 0 to 1 or auto. Default `auto`. */
  eta?: Generation['eta'];
  /** Noise level before the last step; auto is the model's lowest. A number from 0.001 to 10000 or auto. Default `auto`. */
  sigmaMin?: Generation['sigmaMin'];
  /** Noise level of the first step; auto is the model's highest. A number from 0.001 to 10000 or auto. Default `auto`. */
  sigmaMax?: Generation['sigmaMax'];
  /** How strongly Karras and Polyexponential concentrate the steps at low noise; auto is 7 and 1. A number from 0.1 to 1000 or auto. Default `auto`. */
  rho?: Generation['rho'];
  /** Noise added before each step of Euler, Heun and DPM2. A number from 0 to 100. Default `0`. */
  sChurn?: Generation['sChurn'];
  /** Lowest noise level at which churn is added. A number from 0 to 10000. Default `0`. */
  sTmin?: Generation['sTmin'];
  /** Highest noise level at which churn is added; auto is no limit. A number from 0 to 10000 or auto. Default `auto`. */
  sTmax?: Generation['sTmax'];
  /** Factor of all noise that samplers add. A number from 0 to 2. Default `1`. */
  sNoise?: Generation['sNoise'];
  /** Size of a second pass, as a factor of width and height; 1 is no second pass. A number from 1 to 8. Default `1`. */
  hiresScale?: Generation['hiresScale'];
  /** How the first pass is enlarged: Latent before decoding, Lanczos after. One of Latent, Lanczos. Default `Latent`. */
  hiresUpscaler?: Generation['hiresUpscaler'];
  /** Steps of the second pass; 0 is as many as the first. A whole number from 0 to 1000. Default `0`. */
  hiresSteps?: Generation['hiresSteps'];
  /** How much the second pass may change: 0 nothing, 1 everything. A number from 0 to 1. Default `0.7`. */
  hiresDenoisingStrength?: Generation['hiresDenoisingStrength'];
  /** How steps become pictures: full decodes them like the image, tae with a tiny decoder, cheap estimates their colours; auto is the best one that costs little. One of auto, full, tae, cheap. Default `auto`. */
  preview?: Generation['preview'];
  /** Number of batches, made one after another. A whole number from 1 to 1000. Default `1`. */
  batchCount?: Generation['batchCount'];
  /** Number of images that are made at once. A whole number from 1 to 64. Default `1`. */
  batchSize?: Generation['batchSize'];
};

type Img2img = z.input<typeof img2imgOptionsSchema>;
/** The options of a starting picture as a caller gives them; all may be left out. */
export type Img2imgOptionsInput = {
  /** How much of the starting picture may change: 0 nothing, 1 everything; that share of the steps is run. A number from 0 to 1. Default `0.75`. */
  denoisingStrength?: Img2img['denoisingStrength'];
  /** How the starting picture is fitted to the size of the image: crop cuts it, stretch distorts it, fill repeats its edges. One of crop, stretch, fill. Default `crop`. */
  resizeMode?: Img2img['resizeMode'];
  /** Blur of the edge of the mask. A number from 0 to 64 pixels. Default `4`. */
  maskBlur?: Img2img['maskBlur'];
  /** Show the starting picture first. True or false. Default `false`. */
  startFrame?: Img2img['startFrame'];
};

type Animation = z.input<typeof animationOptionsSchema>;
/** The animation options as a caller gives them; all may be left out. */
export type AnimationOptionsInput = {
  /** Codec of the movie, which also decides the file format. One of x264, x265, vpx-vp9, svt-av1, prores_ks, gif, webp, apng. Default `x264`. */
  codec?: Animation['codec'];
  /** How the frames between two steps are made: none repeats the step, blend cross-fades to the next, smooth follows the development through four steps, mci interpolates motion. One of none, blend, smooth, mci. Default by the look. */
  interpolation?: Animation['interpolation'];
  /** Length of the movie without the holds of its first and last frame; auto: 1 second per 10 planned steps, 2 at least. A number from 0.5 to 120 seconds in steps of 0.1 or auto. Default by the look. */
  duration?: Animation['duration'];
  /** Frame rate of the movie; GIF allows 50 at most. A whole number from 1 to 120. Default `30`. */
  fps?: Animation['fps'];
  /** Leave out the first steps. A whole number from 0 to 100000 steps. Default `0`. */
  skipSteps?: Animation['skipSteps'];
  /** Use only every n-th step, and always the last one. A whole number from 1 to 1000. Default `1`. */
  every?: Animation['every'];
  /** Leave out the steps after this one; the movie still ends on the finished image; 0 leaves out none. A whole number from 0 to 100000. Default `0`. */
  stopAt?: Animation['stopAt'];
  /** Show the finished image first for this long, in addition to the duration. A number from 0 to 10 seconds in steps of 0.1. Default by the look. */
  firstFrameDuration?: Animation['firstFrameDuration'];
  /** Hold the finished image at the end for this long, in addition to the duration. A number from 0 to 10 seconds in steps of 0.1. Default by the look. */
  lastFrameDuration?: Animation['lastFrameDuration'];
  /** What a step shows: denoised is the model's current estimate of the image, noisy the latent that it works on. One of denoised, noisy. Default `denoised`. */
  content?: Animation['content'];
  /** Which passes to use steps from. One of all, base, hires. Default `all`. */
  passes?: Animation['passes'];
  /** Also make a movie of the whole run, with its images side by side and labelled with what differs. True or false. Default `false`. */
  grid?: Animation['grid'];
  /** Boomerang plays from the finished image back to the noise and forward again, as a seamless loop. One of none, boomerang. Default by the look. */
  loop?: Animation['loop'];
  /** How long each step is shown: linear gives every step the same time; even gives more time to larger changes, as far as they can be foreseen while steps arrive; exact measures them all, so that the movie is made afterwards. One of linear, even, exact. Default by the look. */
  pacing?: Animation['pacing'];
  /** Also make the movie when the run is interrupted, at its full duration. True or false. Default `true`. */
  runIncomplete?: Animation['runIncomplete'];
  /** Delete the intermediate images once the movie is finished and verified. True or false. Default `true`. */
  deleteIntermediate?: Animation['deleteIntermediate'];
  /** Make the movie; otherwise only the intermediate images are kept. True or false. Default `true`. */
  createAnimation?: Animation['createAnimation'];
  /** Folder of the intermediate images, inside the folder of the finished images. A text of at most 1000 characters that is not empty. Default `intermediate`. */
  intermediatePath?: Animation['intermediatePath'];
  /** Folder of the movies, inside the folder of the finished images. A text of at most 1000 characters that is not empty. Default `animation`. */
  animationPath?: Animation['animationPath'];
  /** File format of the intermediate images; only png is lossless. One of png, jpg, webp. Default `png`. */
  intermediateFormat?: Animation['intermediateFormat'];
  /** Quality of jpg and webp intermediate images. A whole number from 1 to 100. Default `90`. */
  intermediateQuality?: Animation['intermediateQuality'];
  /** Tuned, original (those of the original Steps Animation script), or FFmpeg options of the encoder, such as crf=18,preset=slow. A text of at most 1000 characters. Default `tuned`. */
  encoderSettings?: Animation['encoderSettings'];
  /** Log every decision, timing and encoder setting. True or false. Default `false`. */
  debug?: Animation['debug'];
  /** Size of the movie: 1080x1920, or one number for its longer side; auto is the size of the image, or more by the minimum size. A text. Default by the look. */
  size?: Animation['size'];
  /** Enlarge a movie whose longer side is shorter than this; 0 enlarges none. A whole number from 0 to 4096 pixels. Default by the look. */
  minSize?: Animation['minSize'];
  /** How pictures fill a movie of another aspect ratio: contain adds bars, cover cuts them, blur shows them over an enlarged, blurred copy. One of contain, cover, blur. Default by the look. */
  fit?: Animation['fit'];
  /** Colour of the bars: black, white, or hexadecimal digits such as 1e90ff. A text. Default `#000000`. */
  paddingColour?: Animation['paddingColour'];
  /** How pictures are enlarged: lanczos is smooth, nearest keeps the edges of pixel art sharp, and enlarges to the minimum size by a whole number. One of lanczos, nearest. Default `lanczos`. */
  scaling?: Animation['scaling'];
  /** Open on the noise that the sampler starts from and pass over to the first step in this time, in addition to the duration; without noise if the host does not give it, and in loops. A number from 0 to 10 seconds in steps of 0.1. Default by the look. */
  noiseDuration?: Animation['noiseDuration'];
  /** A named set of options (docs/looks.md); those that are given come on top of it. One of reveal, classic, loop, story, square, flipbook. Default `reveal`. */
  look?: Animation['look'];
};
