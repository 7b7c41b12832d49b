import type { GenerationOptions, Img2imgOptions } from '../../options/generation-options.js';
import type { StartFiles } from '../remote/pictures.js';
import type { ComfyuiWorkflow } from './workflow.js';

/** What the built-in workflow is made of; all else needs a workflow of the user's own. */
type BuiltInSettings = {
  readonly options: Pick<GenerationOptions, 'steps' | 'cfgScale' | 'clipSkip'> & {
    readonly prompt: string;
    readonly negativePrompt: string;
    readonly width: number;
    readonly height: number;
  };
  readonly checkpoint: string;
  /** by ComfyUI's names */
  readonly sampler: string;
  readonly scheduler: string;
  readonly seed: number;
  readonly start?: (Pick<Img2imgOptions, 'denoisingStrength'> & StartFiles) | undefined;
};

/** txt2img or img2img of one image with one checkpoint; ComfyUI keeps the image among its temporary files only. */
export function builtInWorkflow({
  options,
  checkpoint,
  sampler,
  scheduler,
  seed,
  start,
}: BuiltInSettings): ComfyuiWorkflow {
  const { prompt, negativePrompt, steps, cfgScale: cfg, clipSkip, width, height } = options;
  const clip = clipSkip > 1 ? ['clip', 0] : ['checkpoint', 1];
  const sampling = { seed, steps, cfg, sampler_name: sampler, scheduler, denoise: start?.denoisingStrength ?? 1 };
  return {
    checkpoint: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: checkpoint } },
    ...(clipSkip > 1 && {
      clip: { class_type: 'CLIPSetLastLayer', inputs: { clip: ['checkpoint', 1], stop_at_clip_layer: -clipSkip } },
    }),
    positive: { class_type: 'CLIPTextEncode', inputs: { text: prompt, clip } },
    negative: { class_type: 'CLIPTextEncode', inputs: { text: negativePrompt, clip } },
    ...(start
      ? startNodes(start)
      : { latent: { class_type: 'EmptyLatentImage', inputs: { width, height, batch_size: 1 } } }),
    sampler: {
      class_type: 'KSampler',
      inputs: {
        ...sampling,
        ...{
          model: ['checkpoint', 0],
          positive: ['positive', 0],
          negative: ['negative', 0],
          latent_image: ['latent', 0],
        },
      },
    },
    decode: { class_type: 'VAEDecode', inputs: { samples: ['sampler', 0], vae: ['checkpoint', 2] } },
    image: { class_type: 'PreviewImage', inputs: { images: ['decode', 0] } },
  };
}

/** The pictures have the size of the image already. */
function startNodes({ picture, mask }: StartFiles) {
  const encoded = { class_type: 'VAEEncode', inputs: { pixels: ['picture', 0], vae: ['checkpoint', 2] } };
  return {
    picture: { class_type: 'LoadImage', inputs: { image: picture } },
    ...(mask === undefined
      ? { latent: encoded }
      : {
          encoded,
          mask: { class_type: 'LoadImageMask', inputs: { image: mask, channel: 'red' } },
          latent: { class_type: 'SetLatentNoiseMask', inputs: { samples: ['encoded', 0], mask: ['mask', 0] } },
        }),
  };
}
