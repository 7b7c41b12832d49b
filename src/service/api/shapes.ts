import { basename } from 'node:path';
import { z } from 'zod';
import {
  type AnimationShape,
  animationShape,
  generationShape,
  img2imgShape,
  type Job,
  type JobEvent,
  type JobShape,
  type Movie,
} from '../job.js';

/*
 * The other shapes of the API under /api/v1: requests are checked against these schemas, and the documentation is
 * generated from them. Jobs and animations are in ../job.ts; they are turned into their wire shapes here.
 */

export type { AnimationShape, JobShape, NewJobShape } from '../job.js';

/** Path that all routes of the API start with. */
export const prefix = '/api/v1';

/** With the options that it was made with, as far as its infotext has them. */
export const animationDetails = animationShape
  .extend({ generation: generationShape, img2img: img2imgShape })
  .meta({ id: 'AnimationDetails' });

export const animationPage = z.object({ entries: z.array(animationShape), total: z.int().min(0) });

export const facets = z.object({
  codecs: z.array(z.string()),
  samplers: z.array(z.string()),
  models: z.array(z.string()),
});

/** RFC 9457. */
export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
  .meta({ id: 'Problem' });

export const inspection = z
  .object({
    type: z.enum(['image', 'movie']),
    infotext: z.string().nullable(),
    prompt: z.string(),
    negativePrompt: z.string(),
    fields: z.record(z.string(), z.string()).describe('the settings of the infotext by their names'),
    generation: generationShape.describe('those that are options of this service'),
    img2img: img2imgShape,
  })
  .meta({ id: 'Inspection' });

const option = z
  .object({
    name: z.string(),
    label: z.string(),
    help: z.string(),
    type: z.enum(['boolean', 'integer', 'number', 'string']),
    default: z.unknown(),
    isOfLook: z.literal(true).optional().describe('its value is that of the look, if it is not given'),
    unit: z.string().optional(),
    choices: z.array(z.string()).optional(),
    word: z.string().optional().describe('a word that may be given instead of a number'),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    multipleOf: z.number().optional(),
    section: z.enum(['main', 'hires']).optional().describe('part of the form; those without one are listed below it'),
    place: z.int().optional().describe('place among the arguments of the original Steps Animation script'),
    needsSampling: z.literal(true).optional().describe('it has no effect on a movie of steps that are kept'),
  })
  .meta({ id: 'Option' });

export const look = z
  .object({
    name: z.string(),
    purpose: z.string().describe('empty for those of the config file'),
    options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).describe('animation options'),
  })
  .meta({ id: 'Look' });
export type LookShape = z.output<typeof look>;

export const about = z.object({
  version: z.string(),
  device: z.string().describe('what the embedded model runs on'),
  outdir: z.string(),
  model: z.string().describe('the default model; empty while no host answers'),
  models: z.array(
    z.object({
      name: z.string(),
      ...{ width: z.int(), height: z.int() },
      isSizeFixed: z.boolean().optional().describe('whether it makes images of that size only'),
      hosts: z.array(z.string()).describe('names of the hosts that have it, preferred ones first'),
    }),
  ),
  samplers: z.array(z.string()),
  schedulers: z.array(z.string()),
  options: z.object({ generation: z.array(option), img2img: z.array(option), animation: z.array(option) }),
  codecs: z.array(z.object({ name: z.string(), extension: z.string() })),
});

export const host = z
  .object({
    name: z.string(),
    kind: z.string(),
    url: z.string().nullable().describe('null: the default address of its kind, or none'),
    models: z.array(z.string()),
    problem: z.string().nullable().describe('why it did not answer the last request'),
    job: z.string().nullable().describe('id of the job that it is running'),
    isDemonstration: z.boolean().describe('whether it only demonstrates the program because there are other hosts'),
    isRemovable: z.boolean(),
  })
  .meta({ id: 'Host' });

export const foundHost = z
  .object({
    url: z.string(),
    kind: z.string(),
    models: z.array(z.string()),
    problem: z.string().nullable().describe('why it cannot be used as it is, and what to do'),
    isUsable: z.boolean(),
  })
  .meta({ id: 'FoundHost' });

export const hostKind = z
  .object({ name: z.string(), label: z.string(), takesLogin: z.boolean() })
  .meta({ id: 'HostKind' });

export type HostKindShape = z.output<typeof hostKind>;
export type HostShape = z.output<typeof host>;
export type FoundHostShape = z.output<typeof foundHost>;
export type InspectionShape = z.output<typeof inspection>;
export type OptionShape = z.output<typeof option>;
export type AboutShape = z.output<typeof about>;

// Their addresses change with the content of the file, as clients keep what they have got for a year.
const fileUrl = ({ id, version }: Movie) => `${prefix}/animations/${id}/file?v=${version}`;
const posterUrl = ({ id, version }: Movie) => `${prefix}/animations/${id}/poster?v=${version}`;
const imageUrl = (job: string, image: number) => `${prefix}/jobs/${job}/images/${image}`;
const stepUrl = (job: string, image: number, step: number) => `${imageUrl(job, image)}/steps/${step}`;

/** A job as the API sends it. */
export function jobJson({ images, animations, hosts: _, errorCode: __, ...job }: Job): JobShape {
  return {
    ...job,
    previewUrl: `${prefix}/jobs/${job.id}/preview`,
    images: images.map(({ path, steps, ...image }) => ({
      ...image,
      url: path === null ? null : imageUrl(job.id, image.index),
      steps: steps.map((step) => ({ step, url: stepUrl(job.id, image.index, step) })),
    })),
    animations: animations.map((movie) => {
      const { id, codec, width, height, frames, fps, duration, bytes, steps, seed } = movie;
      const urls = { url: fileUrl(movie), posterUrl: posterUrl(movie) };
      return { id, codec, width, height, frames, fps, duration, bytes, steps, seed, ...urls };
    }),
  };
}

/** An animation of the library as the API sends it. */
export function animationJson(movie: Movie): AnimationShape {
  const { path, image, finishMs: _, version: __, ...shown } = movie;
  return {
    ...shown,
    name: basename(path),
    ...{ url: fileUrl(movie), posterUrl: posterUrl(movie) },
    imageUrl: image === null ? null : `${prefix}/animations/${movie.id}/image`,
  };
}

/** Characters of a text in a list. */
const maxListedLength = 500;

/** An entry of a list as the API sends it: long texts end with an ellipsis, so that a list is not too large. */
export function listed<T>(entry: T): T {
  return JSON.parse(JSON.stringify(entry), (_, value) => (typeof value === 'string' ? shortened(value) : value));
}

function shortened(text: string): string {
  if (text.length <= maxListedLength) return text;
  // Not between the two halves of a character.
  return `${text.slice(0, maxListedLength).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** An event as the API sends it. */
export type EventShape =
  | { readonly type: Extract<JobEvent, { job: Job }>['type']; readonly job: JobShape }
  | (Extract<JobEvent, { type: 'step' }> & { readonly url: string })
  | Extract<JobEvent, { type: 'progress' | 'deleted' }>;

export function eventJson(event: JobEvent): EventShape {
  if ('job' in event) return { ...event, job: jobJson(event.job) };
  return event.type === 'step' ? { ...event, url: stepUrl(event.id, event.image, event.step) } : event;
}
