import { describe, expect, it } from 'vitest';
import { bypassCache, type ComfyuiWorkflow, fillWorkflow, samplingNodes } from '#src/hosts/comfyui/workflow.js';

const wanted = {
  ...{ prompt: 'a fish', negativePrompt: 'blurry', seed: 9, steps: 20, cfgScale: 3, width: 96, height: 32 },
  ...{ sampler: 'dpmpp_2m', scheduler: 'karras' },
};

/** As Flux is sampled in ComfyUI: the settings of the sampler are nodes of their own. */
const custom: ComfyuiWorkflow = {
  unet: { class_type: 'UNETLoader', inputs: { unet_name: 'flux.safetensors' } },
  text: { class_type: 'CLIPTextEncodeFlux', inputs: { clip_l: 'old', t5xxl: 'old', guidance: 3.5, clip: ['c', 0] } },
  guider: { class_type: 'BasicGuider', inputs: { model: ['unet', 0], conditioning: ['text', 0] } },
  noise: { class_type: 'RandomNoise', inputs: { noise_seed: 1 } },
  select: { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
  sigmas: { class_type: 'BasicScheduler', inputs: { scheduler: 'simple', steps: 4, denoise: 1, model: ['unet', 0] } },
  latent: { class_type: 'EmptySD3LatentImage', inputs: { width: 64, height: 64, batch_size: 1 } },
  sampler: {
    class_type: 'SamplerCustomAdvanced',
    inputs: {
      ...{ noise: ['noise', 0], guider: ['guider', 0], sampler: ['select', 0], sigmas: ['sigmas', 0] },
      latent_image: ['latent', 0],
    },
  },
  decode: { class_type: 'VAEDecode', inputs: { samples: ['sampler', 0], vae: ['v', 0] } },
};

describe('a request in a workflow', () => {
  it('reaches the nodes behind a custom sampler, and says what has no place', () => {
    const { workflow, missing } = fillWorkflow(custom, wanted);
    expect(workflow.text?.inputs).toMatchObject({ clip_l: 'a fish', t5xxl: 'a fish', guidance: 3.5 });
    expect(workflow.noise?.inputs.noise_seed).toBe(9);
    expect(workflow.select?.inputs.sampler_name).toBe('dpmpp_2m');
    expect(workflow.sigmas?.inputs).toMatchObject({ scheduler: 'karras', steps: 4 });
    expect(workflow.latent?.inputs).toMatchObject({ width: 96, height: 32 });
    expect(missing).toEqual(['negative prompt', 'CFG scale']);
    expect(custom.text?.inputs.clip_l).toBe('old');
  });

  it('leaves links alone, and nodes that lead elsewhere', () => {
    const linked: ComfyuiWorkflow = {
      ...custom,
      noise: { class_type: 'RandomNoise', inputs: { noise_seed: ['other', 0] } },
      other: { class_type: 'Seed', inputs: { seed: 3 } },
      elsewhere: { class_type: 'CLIPTextEncode', inputs: { text: 'keep' } },
    };
    const { workflow } = fillWorkflow(linked, wanted);
    expect(workflow.noise?.inputs.noise_seed).toEqual(['other', 0]);
    expect(workflow.other?.inputs.seed).toBe(9);
    expect(workflow.elsewhere?.inputs.text).toBe('keep');
  });

  it('is never answered from the cache: every node that samples is marked', () => {
    expect(samplingNodes(custom)).toEqual(['sampler']);
    const marked = bypassCache(custom, 'x');
    expect(Object.values(marked).filter(({ inputs }) => inputs.steps_animation_run === 'x')).toHaveLength(1);
  });
});
