import { z } from 'zod';
import { isRecord } from '../../util/is-record.js';
import { fieldsOfInfotext, requestFields } from './option-fields.js';
import {
  boolean,
  complain,
  dictionary,
  integer,
  list,
  number,
  optional,
  readBody,
  text,
  withoutNulls,
} from './validation.js';

/** Characters of the infotext of a request: two prompts and their settings. */
const maxInfotextLength = 50_000;

/** The fields of txt2img and img2img, with the defaults of the web UIs; 0 as a size is the model's default. */
const common = {
  ...requestFields,
  prompt: text.default(''),
  negative_prompt: text.default(''),
  styles: optional(list),
  seed: integer.default(-1),
  subseed: integer.default(-1),
  subseed_strength: number.default(0),
  seed_resize_from_h: integer.default(-1),
  seed_resize_from_w: integer.default(-1),
  sampler_name: optional(text),
  sampler_index: text.default('Euler'),
  scheduler: optional(text),
  batch_size: integer.default(1),
  n_iter: integer.default(1),
  steps: integer.default(50),
  cfg_scale: number.default(7),
  width: integer.default(0),
  height: integer.default(0),
  restore_faces: optional(boolean),
  tiling: optional(boolean),
  do_not_save_samples: boolean.default(false),
  do_not_save_grid: boolean.default(false),
  s_min_uncond: optional(number),
  override_settings: optional(dictionary),
  override_settings_restore_afterwards: boolean.default(true),
  refiner_checkpoint: optional(text),
  refiner_switch_at: optional(number),
  disable_extra_networks: boolean.default(false),
  comments: optional(dictionary),
  denoising_strength: number.default(0.75),
  script_name: optional(text),
  script_args: list.default([]),
  alwayson_scripts: dictionary.default({}),
  send_images: boolean.default(true),
  save_images: boolean.default(false),
  force_task_id: optional(text),
  infotext: optional(text),
};

export const txt2imgSchema = z.object({
  ...common,
  enable_hr: boolean.default(false),
  firstphase_width: integer.default(0),
  firstphase_height: integer.default(0),
  hr_scale: number.default(2),
  hr_upscaler: optional(text),
  hr_second_pass_steps: integer.default(0),
  hr_resize_x: integer.default(0),
  hr_resize_y: integer.default(0),
  hr_checkpoint_name: optional(text),
  hr_sampler_name: optional(text),
  hr_scheduler: optional(text),
  hr_prompt: text.default(''),
  hr_negative_prompt: text.default(''),
});

export const img2imgSchema = z.object({
  ...common,
  init_images: optional(list),
  resize_mode: integer.pipe(z.int().min(0).max(3)).default(0),
  image_cfg_scale: optional(number),
  mask: optional(text),
  latent_mask: optional(text),
  mask_blur: optional(integer),
  mask_blur_x: integer.default(4),
  mask_blur_y: integer.default(4),
  mask_round: boolean.default(true),
  inpainting_fill: integer.default(0),
  inpaint_full_res: boolean.default(true),
  inpaint_full_res_padding: integer.default(0),
  inpainting_mask_invert: integer.default(0),
  initial_noise_multiplier: optional(number),
  include_init_images: boolean.default(false),
});

export type Txt2imgRequest = z.output<typeof txt2imgSchema>;
export type Img2imgRequest = z.output<typeof img2imgSchema>;
export type CommonRequest = Pick<Txt2imgRequest, keyof typeof common>;

/** Reads a request; fields that it leaves out are taken from its `infotext`, and then from the defaults. */
export function readRequest<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  const given = withoutNulls(body);
  const infotext = isRecord(given) ? given.infotext : undefined;
  if (typeof infotext !== 'string' || !isRecord(given)) return readBody(schema, given);
  if (infotext.length > maxInfotextLength)
    throw complain('infotext', `must have at most ${maxInfotextLength} characters`, infotext);
  return readBody(schema, { ...fieldsOfInfotext(infotext), ...given });
}
