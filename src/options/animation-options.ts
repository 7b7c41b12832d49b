import { z } from 'zod';
import { codecNameSchema, encoderSettingsSchema } from './codecs.js';
import { colourSchema } from './colour.js';
import { defaultLook, lookNames } from './looks.js';
import { movieSizeSchema } from './movie-size.js';
import { maxPathLength, option } from './option.js';

const hold = z.number().min(0).max(10).multipleOf(0.1).default(0);

/**
 * Every animation option, once. Names are camelCase here, kebab-case as flags, snake_case in the API. A new row comes
 * last: requests to the script of the web UIs may give the options that the original lacks in this order. The defaults
 * are those of the look `classic`, which is what the original made; where requests enter, `checkAnimationOptions` puts the
 * values of their look in their place.
 */
export const animationOptionsSchema = z.strictObject({
  codec: option(codecNameSchema.default('x264'), {
    label: 'Codec',
    help: 'codec of the movie, which also decides the file format',
    original: { place: 1, name: 'codec' },
  }),
  interpolation: option(z.enum(['none', 'blend', 'smooth', 'mci']).default('blend'), {
    label: 'Interpolation',
    help: 'how the frames between two steps are made: none repeats the step, blend cross-fades to the next, smooth follows the development through four steps, mci interpolates motion',
    original: { place: 2, name: 'interpolation' },
  }),
  duration: option(z.union([z.number().min(0.5).max(120).multipleOf(0.1), z.literal('auto')]).default(10), {
    label: 'Duration',
    help: 'length of the movie without the holds of its first and last frame; auto: 1 second per 10 planned steps, 2 at least',
    unit: 'seconds',
    original: { place: 3, name: 'duration' },
  }),
  fps: option(z.int().min(1).max(120).default(30), {
    label: 'Frames per second',
    help: 'frame rate of the movie; GIF allows 50 at most',
  }),
  skipSteps: option(z.int().min(0).max(100_000).default(0), {
    label: 'Skip steps',
    help: 'leave out the first steps',
    unit: 'steps',
    original: { place: 4, name: 'skip_steps' },
  }),
  every: option(z.int().min(1).max(1000).default(1), {
    label: 'Every',
    help: 'use only every n-th step, and always the last one',
  }),
  stopAt: option(z.int().min(0).max(100_000).default(0), {
    label: 'Stop at',
    help: 'leave out the steps after this one; the movie still ends on the finished image; 0 leaves out none',
  }),
  firstFrameDuration: option(hold, {
    label: 'First frame duration',
    help: 'show the finished image first for this long, in addition to the duration',
    unit: 'seconds',
  }),
  lastFrameDuration: option(hold, {
    label: 'Additional duration of the last frame',
    help: 'hold the finished image at the end for this long, in addition to the duration',
    unit: 'seconds',
    original: { place: 5, name: 'last_frame_duration' },
  }),
  content: option(z.enum(['denoised', 'noisy']).default('denoised'), {
    label: 'Content',
    help: "what a step shows: denoised is the model's current estimate of the image, noisy the latent that it works on",
    needsSampling: true,
  }),
  passes: option(z.enum(['all', 'base', 'hires']).default('all'), {
    label: 'Passes',
    help: 'which passes to use steps from',
    needsSampling: true,
  }),
  grid: option(z.boolean().default(false), {
    label: 'Grid',
    help: 'also make a movie of the whole run, with its images side by side and labelled with what differs',
    needsSampling: true,
  }),
  loop: option(z.enum(['none', 'boomerang']).default('none'), {
    label: 'Loop',
    help: 'boomerang plays from the finished image back to the noise and forward again, as a seamless loop',
  }),
  pacing: option(z.enum(['linear', 'even', 'exact']).default('linear'), {
    label: 'Pacing',
    help: 'how long each step is shown: linear gives every step the same time; even gives more time to larger changes, as far as they can be foreseen while steps arrive; exact measures them all, so that the movie is made afterwards',
  }),
  runIncomplete: option(z.boolean().default(true), {
    label: 'Run on incomplete',
    help: 'also make the movie when the run is interrupted, at its full duration',
    needsSampling: true,
    original: { place: 7, name: 'run_incomplete' },
  }),
  deleteIntermediate: option(z.boolean().default(true), {
    label: 'Delete intermediate',
    help: 'delete the intermediate images once the movie is finished and verified',
    needsSampling: true,
    original: { place: 8, name: 'tmp_delete' },
  }),
  createAnimation: option(z.boolean().default(true), {
    label: 'Create animation',
    help: 'make the movie; otherwise only the intermediate images are kept',
    needsSampling: true,
    original: { place: 9, name: 'out_create' },
  }),
  intermediatePath: option(z.string().min(1).max(maxPathLength).default('intermediate'), {
    label: 'Intermediate files path',
    help: 'folder of the intermediate images, inside the folder of the finished images',
    needsSampling: true,
    original: { place: 10, name: 'tmp_path' },
  }),
  animationPath: option(z.string().min(1).max(maxPathLength).default('animation'), {
    label: 'Output animation path',
    help: 'folder of the movies, inside the folder of the finished images',
    needsSampling: true,
    original: { place: 11, name: 'out_path' },
  }),
  intermediateFormat: option(z.enum(['png', 'jpg', 'webp']).default('png'), {
    label: 'Intermediate format',
    help: 'file format of the intermediate images; only png is lossless',
    needsSampling: true,
  }),
  intermediateQuality: option(z.int().min(1).max(100).default(90), {
    label: 'Intermediate quality',
    help: 'quality of jpg and webp intermediate images',
    needsSampling: true,
  }),
  encoderSettings: option(encoderSettingsSchema.default('tuned'), {
    label: 'Encoder settings',
    help: 'tuned, original (those of the original Steps Animation script), or FFmpeg options of the encoder, such as crf=18,preset=slow',
  }),
  debug: option(z.boolean().default(false), {
    label: 'Debug info',
    help: 'log every decision, timing and encoder setting',
    original: { place: 6, name: 'debug' },
  }),
  size: option(movieSizeSchema.default('auto'), {
    label: 'Size',
    help: 'size of the movie: 1080x1920, or one number for its longer side; auto is the size of the image, or more by the minimum size',
  }),
  minSize: option(z.int().min(0).max(4096).default(0), {
    label: 'Minimum size',
    help: 'enlarge a movie whose longer side is shorter than this; 0 enlarges none',
    unit: 'pixels',
  }),
  fit: option(z.enum(['contain', 'cover', 'blur']).default('contain'), {
    label: 'Fit',
    help: 'how pictures fill a movie of another aspect ratio: contain adds bars, cover cuts them, blur shows them over an enlarged, blurred copy',
  }),
  paddingColour: option(colourSchema.default('#000000'), {
    label: 'Padding colour',
    help: 'colour of the bars: black, white, or hexadecimal digits such as 1e90ff',
  }),
  scaling: option(z.enum(['lanczos', 'nearest']).default('lanczos'), {
    label: 'Scaling',
    help: 'how pictures are enlarged: lanczos is smooth, nearest keeps the edges of pixel art sharp, and enlarges to the minimum size by a whole number',
  }),
  noiseDuration: option(hold, {
    label: 'Noise duration',
    help: 'open on the noise that the sampler starts from and pass over to the first step in this time, in addition to the duration; without noise if the host does not give it, and in loops',
    unit: 'seconds',
  }),
  look: option(z.enum(lookNames).default('classic'), {
    label: 'Look',
    help: 'a named set of options (docs/looks.md); those that are given come on top of it',
    shownDefault: defaultLook,
  }),
});

/** The options after checking: all present. */
export type AnimationOptions = z.output<typeof animationOptionsSchema>;

/** Of a movie whose duration is `auto`, in seconds: with fewer, few steps would be over before they can be seen. */
const minAutoDuration = 2;

/** Seconds of `auto`: 1 for each 10 planned steps, and `minAutoDuration` at least. */
export function durationOf({ duration }: Pick<AnimationOptions, 'duration'>, plannedSteps: number): number {
  return duration === 'auto' ? Math.min(Math.max(plannedSteps / 10, minAutoDuration), 120) : duration;
}
