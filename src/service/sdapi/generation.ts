import type { HostDescription } from '../../hosts/host.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  img2imgOptionsSchema,
} from '../../options/generation-options.js';
import { HttpError } from '../http-error.js';
import type { JobRequest } from '../job.js';
import { chooseSampler } from './lists.js';
import { fieldOf, optionsOf } from './option-fields.js';
import { maskPicture, startPicture } from './pictures.js';
import type { CommonRequest, Img2imgRequest, Txt2imgRequest } from './request.js';
import type { Settings } from './settings.js';
import { animationOf, scriptNotFound } from './steps-animation-script.js';
import { checkFields, complain } from './validation.js';

/** Converts a txt2img request. @throws HttpError 404 or 422, as the web UIs do */
export function txt2imgJob(request: Txt2imgRequest, settings: Settings, host: HostDescription): JobRequest {
  const generation = checkGeneration({ ...commonOptions(request, settings, host), ...hiresOptions(request) });
  return { kind: 'txt2img', generation, animation: animationOf(request.alwayson_scripts) };
}

/** Converts an img2img request. @throws HttpError 404 or 422, as the web UIs do */
export async function img2imgJob(
  request: Img2imgRequest,
  settings: Settings,
  host: HostDescription,
): Promise<JobRequest> {
  const { init_images, mask, mask_round: round } = request;
  const [first, ...others] = init_images ?? [];
  if (first === undefined) throw new HttpError(404, 'Init image not found');
  if (others.length > 0) throw complain('init_images', 'only one picture is supported: send a request for each', null);
  const generation = checkGeneration(commonOptions(request, settings, host));
  const animation = animationOf(request.alwayson_scripts);
  const options = startOptions(request);
  const picture = await startPicture(first);
  const start = { ...options, picture };
  const job = { kind: 'img2img', generation, animation } as const;
  if (!mask) return { ...job, start };
  const reading = { invert: request.inpainting_mask_invert !== 0, round };
  return { ...job, start: { ...start, mask: await maskPicture(mask, picture, reading) } };
}

function checkGeneration(options: Readonly<Record<string, unknown>>): GenerationOptions {
  return checkFields(generationOptionsSchema, options, fieldOf);
}

function commonOptions(request: CommonRequest, settings: Settings, host: HostDescription): Record<string, unknown> {
  if (request.script_name) throw scriptNotFound(request.script_name);
  return {
    ...optionsOf(request, settings),
    ...chooseSampler(request.sampler_name || request.sampler_index, request.scheduler, host),
    clipSkip: Math.max(settings.CLIP_stop_at_last_layers, 1),
    rng: settings.randn_source === 'CPU' ? 'cpu' : 'gpu',
    ...{ seed: Math.max(request.seed, -1), variationSeed: Math.max(request.subseed, -1) },
    ...{ width: multipleOf8(request.width), height: multipleOf8(request.height) },
    seedResizeFromWidth: multipleOf8(Math.max(request.seed_resize_from_w, 0)),
    seedResizeFromHeight: multipleOf8(Math.max(request.seed_resize_from_h, 0)),
  };
}

/** Sides are multiples of 8 pixels; the web UIs round down. */
function multipleOf8(side: number): number {
  return Math.floor(side / 8) * 8;
}

const upscalers: Readonly<Record<string, 'Latent' | 'Lanczos'>> = {
  ...{ latent: 'Latent', 'use same upscaler': 'Latent' },
  ...{ lanczos: 'Lanczos', none: 'Lanczos' },
};

function hiresOptions(request: Txt2imgRequest): Partial<GenerationOptions> {
  if (!request.enable_hr) return {};
  const name = request.hr_upscaler ?? 'Latent';
  const hiresUpscaler = upscalers[name.toLowerCase()];
  if (!hiresUpscaler)
    throw complain('hr_upscaler', `could not find upscaler named ${name}; choose Latent or Lanczos`, name);
  return {
    hiresUpscaler,
    hiresScale: hiresScale(request),
    hiresSteps: request.hr_second_pass_steps,
    hiresDenoisingStrength: request.denoising_strength,
  };
}

/** The requested scale, or the one that results in the requested size. */
function hiresScale({ hr_scale, hr_resize_x, hr_resize_y, width, height }: Txt2imgRequest): number {
  if (hr_resize_x === 0 && hr_resize_y === 0) return hr_scale;
  if (width === 0 || height === 0)
    throw complain('hr_resize_x', 'needs width and height of the first pass', hr_resize_x);
  const scales = [hr_resize_x / width, hr_resize_y / height].filter((scale) => scale > 0);
  const [min = 1, max = 1] = [Math.min(...scales), Math.max(...scales)];
  // Sides are multiples of 8, so the two scales may differ by as much.
  if ((max - min) * Math.max(width, height) <= 8) return max;
  throw complain('hr_resize_x', 'must have the same aspect ratio as width and height', hr_resize_x);
}

/** By the web UIs' numbers; their 3 resizes the latent. */
const resizeModes = ['stretch', 'crop', 'fill', 'stretch'] as const;

function startOptions(request: Img2imgRequest) {
  const { denoising_strength, resize_mode, mask_blur, mask_blur_x } = request;
  const options = {
    denoisingStrength: denoising_strength,
    resizeMode: resizeModes[resize_mode],
    maskBlur: mask_blur ?? mask_blur_x,
  };
  return checkFields(img2imgOptionsSchema, options, fieldOf);
}
