import { readFile, stat } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import { parseInfotext } from '../../infotext/parse-infotext.js';
import type { Size } from '../../pictures/picture.js';
import { version } from '../../util/version.js';
import { HttpError } from '../http-error.js';
import type { Job } from '../job.js';
import { maxAnswerLength } from '../security/limits.js';
import { memoryForAnswer } from '../security/picture-memory.js';
import { timestampOf } from './progress-routes.js';
import type { CommonRequest } from './request.js';

/**
 * The finished images of a job in base64, with their infotexts in them.
 * @throws HttpError 422 when they are too large for an answer
 */
export async function imagesOf(job: Job, reply: FastifyReply): Promise<string[]> {
  const paths = job.images.flatMap(({ path }) => (path === null ? [] : [path]));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const length = sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / 3) * 4, 0);
  if (length > maxAnswerLength) throw tooLarge(job, length);
  await memoryForAnswer(length, reply);
  return await Promise.all(paths.map((path) => readFile(path, 'base64')));
}

function tooLarge({ id }: Job, length: number): HttpError {
  const size = `the images of the job ${id} have ${Math.round(length / 1024 ** 2)} MiB in base64`;
  return new HttpError(
    422,
    `The answer would be too large: ${size}. They are saved; send "send_images": false and get them by /api/v1/jobs/${id}.`,
  );
}

/** What `info` says about the request itself. */
type InfoRequest = Pick<CommonRequest, 'seed_resize_from_w' | 'seed_resize_from_h' | 'styles'> & {
  readonly ignored: readonly string[];
};

/**
 * The web UIs' `info`: JSON with the settings that the images were made with, and in addition the `job`, its `state` and
 * `animations`, and the names of `ignored` fields of the request.
 * @param origin scheme and host by which the client reaches the service
 */
export function infoOf(job: Job, request: InfoRequest, origin: string): string {
  const { generation, img2img } = job.options;
  const finished = job.images.filter(({ path }) => path !== null);
  const [first] = finished;
  const fields = parseInfotext(first?.infotext ?? '').fields;
  const subseed = Number(fields['Variation seed'] ?? generation?.variationSeed ?? -1);
  const each = <T>(value: T) => finished.map(() => value);
  return JSON.stringify({
    prompt: generation?.prompt,
    all_prompts: each(generation?.prompt),
    negative_prompt: generation?.negativePrompt,
    all_negative_prompts: each(generation?.negativePrompt),
    seed: first?.seed ?? generation?.seed,
    all_seeds: finished.map(({ seed }) => seed),
    subseed,
    all_subseeds: finished.map((_, index) => (subseed < 0 ? subseed : subseed + index)),
    subseed_strength: generation?.variationStrength,
    ...sizeOf(job),
    sampler_name: fields.Sampler ?? generation?.sampler,
    cfg_scale: generation?.cfgScale,
    steps: generation?.steps,
    batch_size: generation?.batchSize,
    ...{ restore_faces: false, face_restoration_model: null },
    ...{ sd_model_name: fields.Model ?? generation?.model, sd_model_hash: null, sd_vae_name: null, sd_vae_hash: null },
    seed_resize_from_w: request.seed_resize_from_w,
    seed_resize_from_h: request.seed_resize_from_h,
    denoising_strength: img2img?.denoisingStrength ?? hiresStrength(generation),
    extra_generation_params: { 'Schedule type': fields['Schedule type'] ?? generation?.scheduler },
    index_of_first_image: 0,
    infotexts: finished.map(({ infotext }) => infotext),
    styles: request.styles ?? [],
    job_timestamp: timestampOf(new Date(job.startedAt ?? job.createdAt)),
    clip_skip: generation?.clipSkip,
    is_using_inpainting_conditioning: false,
    version: `steps-animation ${version}`,
    ...{ job: job.id, state: job.state, animations: animationsOf(job, origin), ignored: request.ignored },
  });
}

function animationsOf({ animations }: Job, origin: string): unknown[] {
  return animations.map(
    ({ id, path, image, codec, width, height, frames, fps, duration, bytes, steps, seed, finishMs }) => ({
      ...{ id, path, image, codec, width, height, frames, fps, duration, bytes, steps, seed, finish_ms: finishMs },
      url: `${origin}/api/v1/animations/${id}/file`,
    }),
  );
}

function hiresStrength(generation: Job['options']['generation']): number | null {
  return generation && generation.hiresScale > 1 ? generation.hiresDenoisingStrength : null;
}

/** The size of the first pass by the infotext, or the requested one if there is no image. */
export function sizeOf({ images, options }: Job): Size {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(parseInfotext(images[0]?.infotext ?? '').fields.Size ?? '') ?? [];
  if (width && height) return { width: Number(width), height: Number(height) };
  return { width: options.generation?.width ?? 0, height: options.generation?.height ?? 0 };
}

/** Fields that this service does not support, with the values that request nothing. */
const unsupported: Readonly<Record<string, readonly unknown[]>> = {
  ...{ restore_faces: [false], tiling: [false], refiner_checkpoint: ['', 'None'], s_min_uncond: [0] },
  ...{ firstphase_width: [0], firstphase_height: [0], hr_prompt: [''], hr_negative_prompt: [''] },
  hr_checkpoint_name: ['', 'Use same checkpoint'],
  hr_sampler_name: ['', 'Use same sampler'],
  hr_scheduler: ['', 'Use same scheduler'],
  ...{ inpainting_fill: [1], inpaint_full_res: [false], initial_noise_multiplier: [1] },
};
/** These only matter with a mask. */
const maskFields = ['inpainting_fill', 'inpaint_full_res'];

/** The names of unsupported fields that the request uses. */
export function ignoredOf(request: CommonRequest): string[] {
  const fields: Readonly<Record<string, unknown>> = request;
  const styles = (request.styles ?? []).length > 0 ? ['styles'] : [];
  const others = Object.entries(unsupported).flatMap(([name, unused]) => {
    const value = fields[name] ?? null;
    const isUsed = value !== null && !unused.includes(value) && (!maskFields.includes(name) || Boolean(fields.mask));
    return isUsed ? [name] : [];
  });
  return [...styles, ...others];
}
