import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';
import { type OptionRow, rowsOf } from '../../options/option.js';
import type { PlannedImage } from '../plan-images.js';
import type { Settings } from './catalogue.js';
import type { WebuiPlan } from './plan.js';

/** Pictures that img2img starts from, as PNG files in base64. */
export type StartImages = { readonly picture: string; readonly mask: string | undefined };

const rows: Readonly<Record<string, OptionRow>> = rowsOf(generationOptionsSchema);

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
  const seeds = { seed: image.seed, variationSeed: image.variationSeed };
  return {
    ...fieldsOf(plan, seeds),
    ...{ batch_size: 1, n_iter: 1, send_images: true },
    ...{ save_images: false, do_not_save_samples: true, do_not_save_grid: true },
    override_settings: overrides(plan),
    override_settings_restore_afterwards: true,
  };
}

/** The options by the names in their rows. What the web UI or the sampler decides is not sent. */
function fieldsOf(
  { options, scheduler }: WebuiPlan,
  seeds: Pick<PlannedImage, 'seed' | 'variationSeed'>,
): Record<string, unknown> {
  const { width, height, seedResizeFromWidth, seedResizeFromHeight } = options;
  const hasSeedResize = seedResizeFromWidth > 0 && seedResizeFromHeight > 0;
  const values = {
    ...{ ...options, ...seeds, scheduler, width: width || undefined, height: height || undefined },
    ...(!hasSeedResize && { seedResizeFromWidth: undefined, seedResizeFromHeight: undefined }),
  };
  // A field has no effect if there is a setting of the same name, which takes precedence.
  return named(values, ({ field, setting }) => (setting === undefined ? field : undefined));
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
  const { rng, sTmax, preview } = options;
  const values = { ...options, model, rng: rng === 'cpu' ? 'CPU' : 'GPU', sTmax: sTmax === 'auto' ? 0 : sTmax };
  return {
    ...{ live_previews_enable: true, show_progress_every_n_steps: 1, show_progress_grid: false, return_grid: false },
    ...{ show_progress_type: previewTypes[preview], live_preview_content: 'Combined' },
    live_previews_image_format: 'png',
    ...named(values, ({ setting }) => setting),
    ...(start && { img2img_fix_steps: false }),
  };
}

/** Values by the names that the web UIs have for them, except those of the hires pass. */
function named(
  values: Readonly<Record<string, unknown>>,
  nameOf: (webui: NonNullable<OptionRow['webui']>) => string | undefined,
): Record<string, unknown> {
  const entries = Object.entries(rows).flatMap(([option, { section, webui = {} }]) => {
    const name = section === 'hires' ? undefined : nameOf(webui);
    const value = values[option];
    return name === undefined || value === undefined || value === 'auto' ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
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
