import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../options/generation-options.js';
import { maxNameLength } from '../options/option.js';
import type { AnimationOptionsInput, GenerationOptionsInput, Img2imgOptionsInput } from '../options/option-types.js';

/*
 * The shapes of jobs and animations. The schemas are what the API under /api/v1 sends and receives; the types that the
 * service works with are derived from them, with paths of files in place of URLs.
 */

const picture = z.string().min(1).describe('an image file in base64, bare or as a data URL');
const count = z.int().min(0);
const url = z.string().describe('path of this service');

/** Options as a client sends them: described by their schema, but checked by `JobService.submit`. */
function optionsInput<S extends z.ZodObject>(schema: S, id: string) {
  const { $schema: _, ...description } = z.toJSONSchema(schema, { io: 'input' });
  return z
    .custom<z.input<S>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    .meta({ ...description, id });
}

export const generationShape = optionsInput(generationOptionsSchema, 'GenerationOptions');
export const img2imgShape = optionsInput(img2imgOptionsSchema, 'Img2imgOptions');
const animationOptionsShape = optionsInput(animationOptionsSchema, 'AnimationOptions');

const hostName = z
  .string()
  .max(maxNameLength)
  .optional()
  .describe('name of the host that runs the job; the first free one if left out');
const animation = animationOptionsShape.nullable().default({}).describe('options of the animation; null makes none');

export const newJobShape = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('txt2img'), generation: generationShape.default({}), animation, host: hostName }),
    z.strictObject({
      kind: z.literal('img2img'),
      generation: generationShape.default({}),
      img2img: img2imgShape.default({}),
      picture,
      mask: picture.optional().describe('white is repainted, black is kept'),
      ...{ animation, host: hostName },
    }),
    z.strictObject({
      kind: z.literal('render'),
      of: z.string().max(maxNameLength).describe('id of the job whose kept steps become another animation'),
      image: count.default(0).describe('which of its images'),
      animation: animationOptionsShape.default({}),
    }),
  ])
  .meta({ id: 'NewJob' });

const jobStateShape = z.enum(['queued', 'running', 'finished', 'interrupted', 'failed', 'cancelled']);

const progressShape = z
  .object({
    step: count,
    steps: count.describe('of all images together'),
    stepsPerSecond: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    phase: z.enum(['loading', 'sampling', 'rendering']),
    frame: count,
    frames: count,
    preview: count.describe('increases with each new preview picture; 0 before the first'),
  })
  .meta({ id: 'Progress' });

/** Of a file: text where a number would lose digits. */
const seedShape = z.union([z.number(), z.string()]);

const movieShape = z.object({
  codec: z.string(),
  width: count,
  height: count,
  frames: count,
  fps: z.number(),
  duration: z.number().describe('seconds'),
  bytes: count,
  steps: count,
  seed: seedShape.nullable(),
});

const imageShape = z.object({
  index: count,
  seed: z.number(),
  width: count,
  height: count,
  infotext: z.string(),
  url: url.nullable().describe('of the finished image; null until it is saved'),
  steps: z.array(z.object({ step: z.int(), url })).describe('steps whose pictures are kept'),
});

export const jobShape = z
  .object({
    id: z.string(),
    kind: z.enum(['txt2img', 'img2img', 'render']),
    state: jobStateShape,
    createdAt: z.number().describe('milliseconds since 1970'),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    position: z.number().nullable().describe('position in the queue, 1 for the next job'),
    host: z.string().nullable().describe('the host that runs or ran it; null before it has started, and for renders'),
    waitsFor: z.array(z.string()).describe('unavailable hosts that it waits for'),
    options: z.object({
      generation: generationShape.nullable(),
      img2img: img2imgShape.nullable(),
      animation: animationOptionsShape.nullable(),
      of: z.string().nullable(),
      image: z.number().nullable(),
    }),
    progress: progressShape.nullable(),
    previewUrl: url,
    images: z.array(imageShape),
    animations: z.array(movieShape.extend({ id: z.string(), url, posterUrl: url })),
    notes: z.array(z.string()),
    error: z.string().nullable(),
  })
  .meta({ id: 'Job' });

export const animationShape = movieShape
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

const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
};

export const jobQueryShape = z.object({ state: jobStateShape.optional(), ...page });

export const animationQueryShape = z.object({
  text: z.string().max(1000).optional().describe('words that the prompt must contain'),
  codec: z.string().optional(),
  sampler: z.string().optional(),
  model: z.string().optional(),
  ...page,
});

/** What is left out does not filter. */
export type JobQuery = Readonly<Partial<z.output<typeof jobQueryShape>>>;
export type AnimationQuery = Readonly<Partial<z.output<typeof animationQueryShape>>>;
export type JobShape = z.output<typeof jobShape>;
export type NewJobShape = z.input<typeof newJobShape>;
export type AnimationShape = z.output<typeof animationShape>;

/** `interrupted`: stopped early, or running when the service was killed; what was made until then is kept. */
export type JobState = JobShape['state'];
/** Steps and frames are counted over all images of the job. */
export type JobProgress = Readonly<z.output<typeof progressShape>>;

/** An image of a job. */
export type JobImage = Readonly<Omit<z.output<typeof imageShape>, 'url' | 'steps'>> & {
  /** absolute path of the finished image; null until it is saved */
  readonly path: string | null;
  /** numbers of the steps whose pictures are kept */
  readonly steps: readonly number[];
};

/** A finished animation. */
export type Movie = Readonly<Omit<AnimationShape, 'name' | 'url' | 'posterUrl' | 'imageUrl'>> & {
  /** absolute */
  readonly path: string;
  /** absolute path of the finished image; null where there is none */
  readonly image: string | null;
  /** changes with the content of the file; empty where it is not known */
  readonly version: string;
  /** milliseconds from the arrival of the finished image to the closed movie; 0 where it is not known */
  readonly finishMs: number;
};

/** The options of a job, complete and checked, without the bytes of pictures. */
export type JobOptions = {
  readonly generation: GenerationOptions | null;
  readonly img2img: Img2imgOptions | null;
  /** null where only images are made */
  readonly animation: AnimationOptions | null;
  /** the job whose steps a render shows, and which of its images */
  readonly of: string | null;
  readonly image: number | null;
};

/** A job as it is stored. */
export type StoredJob = Readonly<
  Omit<JobShape, 'previewUrl' | 'options' | 'images' | 'animations' | 'progress' | 'waitsFor'>
> & {
  readonly options: JobOptions;
  /** names of the hosts that can run it; none for a render */
  readonly hosts: readonly string[];
  readonly images: readonly JobImage[];
  /** null where the kind of error is not known */
  readonly errorCode: ErrorCode | null;
};

/** A stored job with its animations and, while it is queued or running, its present state. */
export type Job = StoredJob &
  Readonly<Pick<JobShape, 'progress' | 'waitsFor'>> & { readonly animations: readonly Movie[] };

export type RenderRequest = Readonly<Extract<z.output<typeof newJobShape>, { kind: 'render' }>>;

/** A request for images, with pictures as the bytes of image files. */
export type GeneratingRequest = {
  readonly generation: GenerationOptionsInput;
  /** null makes images only */
  readonly animation: AnimationOptionsInput | null;
  /** name of the host that runs the job; the first free one that can if left out */
  readonly host?: string;
} & (
  | { readonly kind: 'txt2img' }
  | {
      readonly kind: 'img2img';
      readonly start: Img2imgOptionsInput & {
        readonly picture: Uint8Array;
        readonly mask?: Uint8Array;
      };
    }
);

export type JobRequest = GeneratingRequest | RenderRequest;

/** Something that happened to a job; `job` is its state afterwards. `moved`: its position or `waitsFor` has changed. */
export type JobEvent =
  | { readonly type: 'queued' | 'started' | 'moved' | 'ended' | 'image' | 'animation' | 'note'; readonly job: Job }
  | { readonly type: 'progress'; readonly id: string; readonly progress: JobProgress }
  /** a step's picture is kept from now on */
  | { readonly type: 'step'; readonly id: string; readonly image: number; readonly step: number }
  | { readonly type: 'deleted'; readonly id: string };
