import type { GenerationOptions } from '../../options/generation-options.js';
import type { PlannedImage } from '../plan-images.js';
import type { Settings } from './catalogue.js';
import type { WebuiPlan } from './plan.js';

/** Pictures that img2img starts from, as PNG files in base64. */
export type StartImages = { readonly picture: string; readonly mask: string | undefined };

export type Payload = { readonly path: string; readonly body: Readonly<Record<string, unknown>> };

/** The request for one image by itself, so that a live preview always belongs to one. */
export function payloadOf(
  plan: WebuiPlan,
  image: PlannedImage,
  task: string,
  images: StartImages | undefined,
): Payload {
  const body = { ...commonFields(plan, image), force_task_id: task };
  const { start, options } = plan;
  if (!start || !images) return { path: 'sdapi/v1/txt2img', body: { ...body, ...hiresFields(options) } };
  return { path: 'sdapi/v1/img2img', body: { ...body, ...startFields(start, images) } };
}

function commonFields(plan: WebuiPlan, image: PlannedImage) {
  const { options, scheduler } = plan;
  const { width, height, eta } = options;
  return {
    ...{ prompt: options.prompt, negative_prompt: options.negativePrompt },
    ...{ sampler_name: options.sampler, ...(scheduler !== undefined && { scheduler }) },
    ...{ steps: options.steps, cfg_scale: options.cfgScale, ...(eta !== 'auto' && { eta }) },
    ...{ seed: image.seed, subseed: image.variationSeed, subseed_strength: options.variationStrength },
    ...seedResize(options),
    ...(width > 0 && { width }),
    ...(height > 0 && { height }),
    ...{ batch_size: 1, n_iter: 1, send_images: true },
    ...{ save_images: false, do_not_save_samples: true, do_not_save_grid: true },
    override_settings: overrides(plan),
    override_settings_restore_afterwards: true,
  };
}

function seedResize({ seedResizeFromWidth: width, seedResizeFromHeight: height }: WebuiPlan['options']) {
  return width > 0 && height > 0 ? { seed_resize_from_w: width, seed_resize_from_h: height } : {};
}

/** The web UIs' names of previews; Forge has no Full and takes the approximation. */
const previewTypes = {
  auto: 'Approx NN',
  full: 'Full',
  tae: 'TAESD',
  cheap: 'Approx cheap',
} as const satisfies Record<GenerationOptions['preview'], string>;

/** Settings for this image only; all of them are as old as the API, except the sigmas and rho. */
export function overrides({ options, model, start }: WebuiPlan): Settings {
  const { sigmaMin, sigmaMax, rho, sTmax } = options;
  return {
    ...{ live_previews_enable: true, show_progress_every_n_steps: 1, show_progress_grid: false, return_grid: false },
    ...{ show_progress_type: previewTypes[options.preview], live_preview_content: 'Combined' },
    live_previews_image_format: 'png',
    ...(model !== undefined && { sd_model_checkpoint: model }),
    ...{ CLIP_stop_at_last_layers: options.clipSkip, randn_source: options.rng === 'cpu' ? 'CPU' : 'GPU' },
    // The fields of the same names in the request have no effect: the settings take precedence.
    ...{ s_churn: options.sChurn, s_tmin: options.sTmin, s_noise: options.sNoise },
    s_tmax: sTmax === 'auto' ? 0 : sTmax,
    ...(sigmaMin !== 'auto' && { sigma_min: sigmaMin }),
    ...(sigmaMax !== 'auto' && { sigma_max: sigmaMax }),
    ...(rho !== 'auto' && { rho }),
    ...(start && { img2img_fix_steps: false }),
  };
}

function hiresFields(options: WebuiPlan['options']) {
  if (options.hiresScale === 1) return {};
  return {
    ...{ enable_hr: true, hr_scale: options.hiresScale, hr_upscaler: options.hiresUpscaler },
    ...{ hr_second_pass_steps: options.hiresSteps, denoising_strength: options.hiresDenoisingStrength },
    // Of Forge only; without the second one its hires pass fails.
    ...{ hr_cfg: options.cfgScale, hr_additional_modules: ['Use same choices'] },
  };
}

/** By the web UIs' numbers. */
const resizeModes = { stretch: 0, crop: 1, fill: 2 } as const;

function startFields(start: NonNullable<WebuiPlan['start']>, { picture, mask }: StartImages) {
  const fields = {
    init_images: [picture],
    ...{ denoising_strength: start.denoisingStrength, resize_mode: resizeModes[start.resizeMode] },
    include_init_images: false,
  };
  if (mask === undefined) return fields;
  // 1: what is repainted starts from the picture.
  return { ...fields, mask, mask_blur: start.maskBlur, inpainting_fill: 1, inpaint_full_res: false };
}
