import { z } from 'zod';
import { animationOptionsSchema } from '../../options/animation-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../options/generation-options.js';

/** What goes over the wire under /api/v1, once: requests are checked by these, and the documentation is made of them. */

const picture = z.string().min(1).describe('an image file in base64, bare or as a data URL');
const count = z.int().min(0);
const url = z.string().describe('path of this service');

/** Options as they are given, described by their schema; who takes the job checks them, and fills in what is left out. */
function given<S extends z.ZodObject>(schema: S, id: string) {
  const { $schema: _, ...description } = z.toJSONSchema(schema, { io: 'input' });
  return z
    .custom<z.input<S>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    .meta({ ...description, id });
}

const generation = given(generationOptionsSchema, 'GenerationOptions');
const img2img = given(img2imgOptionsSchema, 'Img2imgOptions');
const movieOptions = given(animationOptionsSchema, 'AnimationOptions');

const hostName = z.string().optional().describe('name of the host that shall do it; the first free one if left out');

const animation = movieOptions.nullable().default({}).describe('options of the movie; null makes none');

export const newJob = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('txt2img'), generation: generation.default({}), animation, host: hostName }),
    z.strictObject({
      kind: z.literal('img2img'),
      generation: generation.default({}),
      img2img: img2img.default({}),
      picture,
      mask: picture.optional().describe('white is painted anew, black stays'),
      ...{ animation, host: hostName },
    }),
    z.strictObject({
      kind: z.literal('render'),
      of: z.string().describe('id of the job whose kept steps become another movie'),
      image: count.default(0).describe('which of its images'),
      animation: movieOptions.default({}),
    }),
  ])
  .meta({ id: 'NewJob' });

const progress = z
  .object({
    step: count,
    steps: count.describe('of all images together'),
    stepsPerSecond: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    phase: z.enum(['loading', 'sampling', 'rendering']),
    frame: count,
    frames: count,
    preview: count.describe('rises with each new picture of the preview; 0 while there is none'),
  })
  .meta({ id: 'Progress' });

const movie = z.object({
  codec: z.string(),
  width: count,
  height: count,
  frames: count,
  fps: z.number(),
  duration: z.number().describe('seconds'),
  bytes: count,
  steps: count,
  seed: z.number().nullable(),
});

const jobState = z.enum(['queued', 'running', 'finished', 'interrupted', 'failed', 'cancelled']);

export const job = z
  .object({
    id: z.string(),
    kind: z.enum(['txt2img', 'img2img', 'render']),
    state: jobState,
    createdAt: z.number().describe('milliseconds since 1970'),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    position: z.number().nullable().describe('place in the queue, 1 for the next'),
    host: z.string().nullable().describe('the one that does it or did; null before it has begun, and for renders'),
    waitsFor: z.array(z.string()).describe('hosts that are away, for which it waits'),
    options: z.object({
      generation: generation.nullable(),
      img2img: img2img.nullable(),
      animation: movieOptions.nullable(),
      of: z.string().nullable(),
      image: z.number().nullable(),
    }),
    progress: progress.nullable(),
    previewUrl: url,
    images: z.array(
      z.object({
        index: count,
        seed: z.number(),
        width: count,
        height: count,
        infotext: z.string(),
        url: url.nullable().describe('of the finished image; null until it is there'),
        steps: z.array(z.object({ step: z.int(), url })).describe('whose pictures are kept'),
      }),
    ),
    animations: z.array(movie.extend({ id: z.string(), url, posterUrl: url })),
    notes: z.array(z.string()),
    error: z.string().nullable(),
  })
  .meta({ id: 'Job' });

export const jobQuery = z.object({
  state: jobState.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

export const animationEntry = movie
  .extend({
    id: z.string(),
    job: z.string().nullable(),
    createdAt: z.number(),
    prompt: z.string(),
    negativePrompt: z.string(),
    model: z.string(),
    sampler: z.string(),
    infotext: z.string(),
    name: z.string().describe('of the file'),
    url,
    posterUrl: url,
    imageUrl: url.nullable(),
  })
  .meta({ id: 'Animation' });

/** With the options that it was made with, as far as its infotext tells them. */
export const animationDetails = animationEntry.extend({ generation, img2img }).meta({ id: 'AnimationDetails' });

export const animationQuery = z.object({
  text: z.string().max(1000).optional().describe('words that the prompt must have'),
  codec: z.string().optional(),
  sampler: z.string().optional(),
  model: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

export const animationPage = z.object({ entries: z.array(animationEntry), total: count });

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
    generation: generation.describe('those that are options of ours'),
    img2img,
  })
  .meta({ id: 'Inspection' });

const option = z
  .object({
    name: z.string(),
    label: z.string(),
    help: z.string(),
    type: z.enum(['boolean', 'integer', 'number', 'string']),
    default: z.unknown(),
    unit: z.string().optional(),
    choices: z.array(z.string()).optional(),
    word: z.string().optional().describe('what may stand for a number'),
    minLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    multipleOf: z.number().optional(),
    section: z.enum(['main', 'hires']).optional().describe('part of the form; those without one are listed below it'),
    place: z.int().optional().describe('place among the arguments of the original Steps Animation script'),
    needsSampling: z.literal(true).optional().describe('it has no effect on a movie of steps that are kept'),
  })
  .meta({ id: 'Option' });

export const about = z.object({
  version: z.string(),
  device: z.string().describe('what the embedded model runs on'),
  outdir: z.string(),
  model: z.string().describe('the one of requests that name none; empty while no host answers'),
  models: z.array(
    z.object({
      name: z.string(),
      ...{ width: z.int(), height: z.int() },
      hosts: z.array(z.string()).describe('names of those that have it, the one that is preferred first'),
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
    url: z.string().nullable().describe('null: the usual address of its kind, or none'),
    models: z.array(z.string()),
    problem: z.string().nullable().describe('why it did not answer when it was last asked'),
    job: z.string().nullable().describe('id of the job that it is at work on'),
    isDemonstration: z.boolean().describe('whether it shows what the program does while others do the work'),
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
export type NewJobShape = z.input<typeof newJob>;
export type JobShape = z.output<typeof job>;
export type AnimationShape = z.output<typeof animationEntry>;
export type InspectionShape = z.output<typeof inspection>;
export type OptionShape = z.output<typeof option>;
export type AboutShape = z.output<typeof about>;
