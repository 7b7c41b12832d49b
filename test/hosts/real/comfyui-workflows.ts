import type { Workflow } from './comfyui-process.js';

const side = 64;
type Inputs = Readonly<Record<string, unknown>>;

const node = (class_type: string, inputs: Inputs) => ({ class_type, inputs });

/** A checkpoint and words, up to the images of one sampler. */
export function imagesBy(sampler: Workflow[string], batch_size = 1): Workflow {
  return {
    model: node('CheckpointLoaderSimple', { ckpt_name: 'untrained.safetensors' }),
    positive: node('CLIPTextEncode', { text: 'a red apple', clip: ['model', 1] }),
    negative: node('CLIPTextEncode', { text: 'blurry', clip: ['model', 1] }),
    latent: node('EmptyLatentImage', { width: side, height: side, batch_size }),
    sampler,
    images: node('VAEDecode', { samples: ['sampler', 0], vae: ['model', 2] }),
    saved: node('SaveImage', { images: ['images', 0], filename_prefix: 'image' }),
  };
}

const conditions = { positive: ['positive', 0], negative: ['negative', 0], latent_image: ['latent', 0] };
const usual = { ...conditions, cfg: 3, sampler_name: 'euler_ancestral', scheduler: 'normal' };

/** The sampling nodes that ComfyUI itself has, by their names; `model` is what they sample with. */
export const samplers = {
  KSampler: (model: unknown, changes: Inputs = {}) =>
    node('KSampler', { ...usual, model, seed: 5, steps: 6, denoise: 1, ...changes }),
  KSamplerAdvanced: (model: unknown) =>
    node('KSamplerAdvanced', {
      ...{ ...usual, model, noise_seed: 5, steps: 6, add_noise: 'enable' },
      ...{ start_at_step: 0, end_at_step: 1000, return_with_leftover_noise: 'disable' },
    }),
  SamplerCustom: (model: unknown) =>
    node('SamplerCustom', {
      ...{ ...conditions, model, cfg: 3, noise_seed: 5, add_noise: true },
      ...{ sampler: ['select', 0], sigmas: ['sigmas', 0] },
    }),
} as const;

/** What SamplerCustom is told by. */
export const customParts: Workflow = {
  select: node('KSamplerSelect', { sampler_name: 'dpmpp_2m' }),
  sigmas: node('BasicScheduler', { model: ['model', 0], scheduler: 'karras', steps: 6, denoise: 1 }),
};

/** A second pass over the images' latents. */
export function secondPass(changes: Inputs = {}): Workflow {
  const latent_image = ['larger', 0];
  return {
    larger: node('LatentUpscale', {
      ...{ samples: ['sampler', 0], upscale_method: 'bilinear', width: 96, height: 96, crop: 'disabled' },
    }),
    second: samplers.KSampler(['watch', 0], { steps: 3, denoise: 0.5, latent_image, ...changes }),
    images: node('VAEDecode', { samples: ['second', 0], vae: ['model', 2] }),
  };
}

/** Our two nodes; the intermediate images are kept. */
export function animated(changes: Inputs = {}, watch: Inputs = {}): Workflow {
  return {
    watch: node('StepsAnimationWatch', { model: ['model', 0], ...watch }),
    movie: node('StepsAnimationSave', {
      ...{ images: ['images', 0], steps: ['watch', 1], vae: ['model', 2] },
      ...{ codec: 'x264', interpolation: 'none', duration: 1, last_frame_duration: 0, decode: 'after' },
      ...{ save_latents: false, more: '--no-delete-intermediate', ...changes },
    }),
  };
}
