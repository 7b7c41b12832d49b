import type { z } from 'zod';
import type { AnimationResult } from '../app/events.js';
import type { ErrorCode } from '../errors.js';
import type { AnimationOptions, AnimationOptionsInput } from '../options/animation-options.js';
import type { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';

/** What a job does: it generates images, or makes a further movie of an earlier job's steps. */
export type JobRequest = (
  | {
      readonly kind: 'txt2img';
      readonly generation: z.input<typeof generationOptionsSchema>;
      /** null makes the images alone */
      readonly animation: AnimationOptionsInput | null;
    }
  | {
      readonly kind: 'img2img';
      readonly generation: z.input<typeof generationOptionsSchema>;
      /** the pictures as the bytes of image files */
      readonly start: z.input<typeof img2imgOptionsSchema> & {
        readonly picture: Uint8Array;
        readonly mask?: Uint8Array;
      };
      /** null makes the images alone */
      readonly animation: AnimationOptionsInput | null;
    }
  | {
      readonly kind: 'render';
      /** the job that sampled the steps */
      readonly of: string;
      /** which of its images */
      readonly image: number;
      readonly animation: AnimationOptionsInput;
    }
) & {
  /** name of the host that shall do it; the first free one that can if left out */
  readonly host?: string;
};

/** `interrupted` jobs have what there was until then; those of a service that was killed become it at the next start. */
export type JobState = 'queued' | 'running' | 'finished' | 'interrupted' | 'failed' | 'cancelled';

/** A job as it is told of. */
export type Job = {
  /** a UUID */
  readonly id: string;
  readonly kind: JobRequest['kind'];
  readonly state: JobState;
  /** milliseconds since 1970 */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** place in the queue, 1 for the next; null for what is not queued */
  readonly position: number | null;
  /** name of the host that does it or did; null before it has begun, and for renders, which need none */
  readonly host: string | null;
  /** names of the hosts that a queued job waits for because they are away; none where another can do it */
  readonly waitsFor: readonly string[];
  /** what was asked for, complete and checked, without the bytes of pictures */
  readonly options: {
    readonly generation: z.output<typeof generationOptionsSchema> | null;
    readonly img2img: z.output<typeof img2imgOptionsSchema> | null;
    /** null where the images alone are made */
    readonly animation: AnimationOptions | null;
    /** the job whose steps a render shows, and which of its images */
    readonly of: string | null;
    readonly image: number | null;
  };
  readonly progress: JobProgress | null;
  readonly images: readonly JobImage[];
  readonly animations: readonly JobAnimation[];
  /** what was told on the way, such as which preview was chosen */
  readonly notes: readonly string[];
  /** why it failed, and what to do */
  readonly error: string | null;
  /** what kind of error that is; null where it is not known */
  readonly errorCode: ErrorCode | null;
};

export type JobProgress = {
  /** steps taken and planned, of all images together */
  readonly step: number;
  readonly steps: number;
  readonly stepsPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** `sampling`, and then `rendering` while a movie is still being made */
  readonly phase: 'loading' | 'sampling' | 'rendering';
  /** frames made and planned while rendering */
  readonly frame: number;
  readonly frames: number;
  /** rises with each new picture that `preview` can show; 0 while there is none */
  readonly preview: number;
};

export type JobImage = {
  readonly index: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly infotext: string;
  /** absolute path of the finished image; null until it is there, and for ever where the service was killed before */
  readonly path: string | null;
  /** numbers of the steps whose pictures are kept */
  readonly steps: readonly number[];
};

export type JobAnimation = AnimationResult & {
  /** id in the library */
  readonly id: string;
};

/** Something that happened to a job, which `moved` when what it waits for has changed; `job` is its state afterwards. */
export type JobEvent =
  | { readonly type: 'queued' | 'started' | 'moved' | 'ended' | 'image' | 'animation' | 'note'; readonly job: Job }
  | { readonly type: 'progress'; readonly id: string; readonly progress: JobProgress }
  /** a step's picture is kept from now on */
  | { readonly type: 'step'; readonly id: string; readonly image: number; readonly step: number }
  | { readonly type: 'deleted'; readonly id: string };

/** A finished movie in the library. */
export type LibraryEntry = {
  readonly id: string;
  /** the job that made it, while that is known */
  readonly job: string | null;
  readonly createdAt: number;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model: string;
  readonly sampler: string;
  readonly seed: number | null;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly duration: number;
  readonly bytes: number;
  readonly steps: number;
  readonly infotext: string;
  /** absolute */
  readonly path: string;
  /** absolute path of the finished image; null where there is none */
  readonly image: string | null;
};

export type LibraryQuery = {
  /** words that the prompt must have */
  readonly text?: string | undefined;
  readonly codec?: string | undefined;
  readonly sampler?: string | undefined;
  readonly model?: string | undefined;
  readonly offset?: number | undefined;
  /** 1 to 200; 50 if left out */
  readonly limit?: number | undefined;
};

/** Everything that the HTTP APIs are made of. Errors are StepsAnimationErrors; `usage` for what is not there. */
export type JobService = {
  /** Checks a request and puts it at the end of the queue. */
  submit(request: JobRequest): Promise<Job>;
  get(id: string): Job | undefined;
  /** the newest first, 100 if no `limit` is given; queued ones in their order when `state` is queued */
  list(filter?: { readonly state?: JobState; readonly limit?: number; readonly offset?: number }): readonly Job[];
  /** the job that is running; of several, each on its host, the one that began first */
  current(): Job | undefined;
  /** Takes a job out of the queue, or stops it after the step at hand: what there is is finished then, see `ended`. */
  cancel(id: string): Promise<Job>;
  /** Ends the images that are being sampled after the step at hand, and goes on with the job's next ones. */
  skip(id: string): Job;
  /** Moves a queued job to a place of the queue, from 1. */
  move(id: string, position: number): Job;
  /** Queues the same once more. */
  again(id: string): Promise<Job>;
  /** Forgets a job that is not running, with its kept steps; images and movies stay. */
  remove(id: string): Promise<void>;
  /**
   * The newest live picture of a running job, of at most 512 pixels; made when it is asked for, for all who ask at most
   * every 200 ms.
   */
  preview(id: string): Promise<{ readonly version: number; readonly jpeg: Uint8Array } | undefined>;
  /** The absolute path of a kept step's picture. */
  stepPicture(id: string, image: number, step: number): Promise<string>;
  /** Events from now on, of one job or of all; ends when `signal` aborts. */
  events(filter: { readonly id?: string }, signal: AbortSignal): AsyncIterable<JobEvent>;
  /** Waits until a job has ended. */
  ended(id: string, signal?: AbortSignal): Promise<Job>;
  readonly library: Library;
};

export type Library = {
  search(query?: LibraryQuery): { readonly entries: readonly LibraryEntry[]; readonly total: number };
  get(id: string): LibraryEntry | undefined;
  /** what there is to filter by */
  facets(): {
    readonly codecs: readonly string[];
    readonly samplers: readonly string[];
    readonly models: readonly string[];
  };
  /**
   * Hides a movie; its file is deleted when the service stops or a minute has passed, unless it is restored. The
   * finished image stays.
   */
  remove(id: string): void;
  restore(id: string): LibraryEntry;
  /** Reads all movies below the save location anew. @returns how many there are */
  rebuild(): Promise<number>;
};
