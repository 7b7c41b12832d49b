import { join } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { prepareFolder, writeWhole } from '../files/whole-files.js';
import type { FinishReason, GenerationEvent, GenerationRequest, Host, ImageInfo, PassInfo } from '../hosts/host.js';
import type { FinishedMovie } from '../movie/messages.js';
import {
  type AnimationOptions,
  type AnimationOptionsInput,
  animationOptionsSchema,
} from '../options/animation-options.js';
import { checkOptions } from '../options/check-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';
import { checkPicture, type Picture } from '../pictures/picture.js';
import { encodePng } from '../pictures/picture-files.js';
import type { Recording } from '../recording/image-recording.js';
import { Recorder } from '../recording/recorder.js';
import { messageOf } from '../util/error-message.js';

/** A finished animation, as the command prints it with `--json`. */
export type AnimationResult = {
  readonly type: 'animation';
  /** absolute path of the movie */
  readonly path: string;
  /** absolute path of the finished image; null where the movie was made of files */
  readonly image: string | null;
  readonly codec: string;
  /** in pixels */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  /** seconds */
  readonly duration: number;
  readonly bytes: number;
  /** pictures that the movie shows */
  readonly steps: number;
  readonly seed: number | null;
  /** from the arrival of the finished image, or of the last source, to the closed movie, in milliseconds */
  readonly finish_ms: number;
};

/** What happens while an image and its movie are made. */
export type RunEvent =
  | {
      readonly type: 'start';
      readonly images: readonly ImageInfo[];
      readonly passes: readonly PassInfo[];
      /** planned, of all images together */
      readonly steps: number;
    }
  | {
      readonly type: 'step';
      /** index into `images` of `start` */
      readonly image: number;
      /** index into `passes` of `start` */
      readonly pass: number;
      /** taken so far and planned, of all images together */
      readonly step: number;
      readonly steps: number;
      /** a rough picture of the step, where the host has one */
      readonly preview?: () => Picture;
    }
  /** a step's picture is on disk; `step` counts through the passes of its image, from 1 */
  | { readonly type: 'intermediate'; readonly image: number; readonly step: number; readonly path: string }
  | {
      readonly type: 'image';
      /** into `images` of `start` */
      readonly index: number;
      readonly path: string;
      readonly seed: number;
      readonly width: number;
      readonly height: number;
      readonly reason: FinishReason;
    }
  | { readonly type: 'rendering'; readonly frame: number; readonly frames: number }
  | { readonly type: 'kept'; readonly folder: string }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'debug'; readonly message: string }
  | AnimationResult;

export type AnimateSettings = RunSettings &
  (
    | { readonly host: Host; readonly request: GenerationRequest }
    | { readonly host: Host<undefined>; readonly request?: undefined }
  );

type RunSettings = {
  /** options of the movies; null makes the images alone, without movies and intermediate images */
  readonly animation?: AnimationOptionsInput | null;
  /** save location; images go to `<outdir>/txt2img-images`, movies and intermediate images below it */
  readonly outdir: string;
  readonly tab?: 'txt2img' | 'img2img';
  /** folder of the images, in place of the one that `outdir` and `tab` tell */
  readonly folder?: string;
  /** `false` leaves saving the finished images to the caller */
  readonly saveImages?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
  /** stops sampling after the step at hand; what there is then still becomes a movie */
  readonly signal?: AbortSignal;
  /** at each of its `skip` events, the images at hand end after the step at hand, and the next ones begin */
  readonly skips?: EventTarget;
};

/** zlib level of the finished image, the default of libpng */
const imageCompression = 6;
/** Images whose movies are not there yet, and the bytes of their pictures; one alone may have more. */
const mostFinishing = { images: 64, bytes: 256 * 2 ** 20 };
/** Pixels; the codec is tried at this size where the model's own is wanted, which only the host knows. */
const usualSide = 512;

/**
 * Generates images and makes a movie of each one's steps while they are being made.
 * @returns one result for each movie
 * @throws StepsAnimationError `usage` before any sampling; `output` or `encoder` when something could not be
 *   written: what was written until then is kept; `interrupted` when stopped before there was an image
 */
export async function animate(settings: AnimateSettings): Promise<AnimationResult[]> {
  const { animation: given = {} } = settings;
  const animation = given && checkOptions(animationOptionsSchema, given);
  checkRequest(settings.request);
  const folder = settings.folder ?? join(settings.outdir, `${settings.tab ?? 'txt2img'}-images`);
  await prepareFolder(folder);
  const { width, height } = settings.request ?? {};
  if (settings.request) settings.host.prepare?.(settings.request);
  await using recorder =
    animation &&
    (await Recorder.open(
      { animation, folder, onEvent: (event) => settings.onEvent?.(event) },
      { width: width || usualSide, height: height || usualSide },
    ));
  return await new Run(settings, folder, animation && recorder && { animation, recorder }).results();
}

/** @throws StepsAnimationError `usage`, or `input` for a picture that is none */
function checkRequest(request: GenerationRequest | undefined): void {
  if (!request) return;
  const { start, ...options } = request;
  checkOptions(generationOptionsSchema, options);
  if (!start) return;
  const { picture, mask, ...startOptions } = start;
  checkOptions(img2imgOptionsSchema, startOptions);
  checkPicture(picture);
  if (mask) checkPicture(mask);
}

/** What makes movies of the steps, where they are wanted. */
type Recorded = { readonly animation: AnimationOptions; readonly recorder: Recorder };

/** One run of a host: its events go to the recorder, its images to files. */
class Run {
  readonly #settings: AnimateSettings;
  readonly #folder: string;
  readonly #recorded: Recorded | null;
  readonly #finishing: Promise<AnimationResult | null>[] = [];
  /** images whose movies are not there yet, with the bytes of their pictures */
  readonly #underWay = new Map<Promise<unknown>, number>();
  #images: readonly ImageInfo[] = [];
  #steps = 0;
  #stepsTaken = 0;

  constructor(settings: AnimateSettings, folder: string, recorded: Recorded | null) {
    this.#settings = settings;
    this.#folder = folder;
    this.#recorded = recorded;
  }

  async results(): Promise<AnimationResult[]> {
    // Where the host fails, the images that came have their movies all the same, and their grid.
    const taken = this.#takeAll();
    await Promise.allSettled([taken]);
    await Promise.allSettled(this.#finishing);
    const grid = this.#end();
    await Promise.allSettled([grid]);
    // The first failure is told: later ones may only follow from it.
    await taken;
    return (await Promise.all([...this.#finishing, grid])).filter((result) => result !== null);
  }

  async #takeAll(): Promise<void> {
    // Events end when the last one has been taken: until then, steps can still be decoded.
    for await (const event of generate(this.#settings)) await this.#take(event);
    if (this.#finishing.length === 0 && this.#settings.signal?.aborted) {
      throw new StepsAnimationError('interrupted', 'Stopped before the first step: there is nothing to keep.');
    }
  }

  async #end(): Promise<AnimationResult | null> {
    const grid = (await this.#recorded?.recorder.end()) ?? null;
    return grid && this.#tellMovie(grid, null, null);
  }

  async #take(event: GenerationEvent): Promise<void> {
    switch (event.type) {
      case 'start':
        this.#start(event.images, event.passes);
        break;
      case 'step':
        this.#step(event);
        break;
      case 'image': {
        const finishing = this.#finish(event);
        // A failure is told at the end; until then the other images go on.
        finishing.catch(() => {});
        this.#finishing.push(finishing);
        await this.#makeRoom(finishing, event.picture.data.length);
        break;
      }
      case 'note':
        this.#settings.onEvent?.(event);
        break;
      case 'end':
        await Promise.allSettled(this.#finishing);
    }
  }

  /** Finished pictures wait in memory for their movies: a host that is far ahead has to wait. */
  async #makeRoom(finishing: Promise<unknown>, bytes: number): Promise<void> {
    const done = () => this.#underWay.delete(finishing);
    this.#underWay.set(finishing, bytes);
    finishing.then(done, done);
    while (this.#isFull) await Promise.race([...this.#underWay.keys()].map((one) => one.catch(() => {})));
  }

  get #isFull(): boolean {
    const bytes = [...this.#underWay.values()].reduce((sum, one) => sum + one, 0);
    const { size } = this.#underWay;
    return size > mostFinishing.images || (size > 1 && bytes > mostFinishing.bytes);
  }

  #start(images: readonly ImageInfo[], passes: readonly PassInfo[]): void {
    this.#images = images;
    this.#steps = passes.reduce((sum, pass) => sum + pass.steps, 0);
    this.#recorded?.recorder.start(images, passes);
    this.#settings.onEvent?.({ type: 'start', images, passes, steps: this.#steps * images.length });
  }

  #step(event: Extract<GenerationEvent, { type: 'step' }>): void {
    const { recorder, animation } = this.#recorded ?? {};
    const isWanted = animation && recorder?.step(event, () => event.picture(animation.content));
    if (!isWanted) event.release?.();
    this.#tellStep(event);
  }

  #tellStep({ image, pass, preview }: Extract<GenerationEvent, { type: 'step' }>): void {
    this.#stepsTaken++;
    const steps = this.#steps * this.#images.length;
    const step = this.#stepsTaken;
    this.#settings.onEvent?.({ type: 'step', image, pass, step, steps, ...(preview && { preview }) });
  }

  async #finish(event: Extract<GenerationEvent, { type: 'image' }>): Promise<AnimationResult | null> {
    const info = this.#images[event.image];
    if (!info)
      throw new StepsAnimationError('input', `The host sent image ${event.image}, which it had not announced.`);
    // The image first: whatever happens to the movie, it is on disk.
    const path = this.#settings.saveImages === false ? undefined : this.#saveImage(info, event);
    const finished = this.#recorded?.recorder.finish(event.image, { ...event, ...(path && { path }) }) ?? null;
    const [image, recording] = await Promise.allSettled([path ?? null, finished]);
    const failures = [image, recording].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (recording.status === 'rejected') throw together(failures);
    const [first] = recording.value?.kept ?? [];
    if (first !== undefined) this.#settings.onEvent?.({ type: 'kept', folder: join(first, '..') });
    const savedAt = image.status === 'fulfilled' ? image.value : null;
    const result = recording.value && this.#tellMovie(recording.value, savedAt, info.seed);
    if (failures.length > 0) throw together(failures);
    return result;
  }

  #tellMovie({ movie, steps, finishMs }: Recording, image: string | null, seed: number | null): AnimationResult | null {
    if (!movie || !this.#recorded) return null;
    const result = describe(movie, this.#recorded.animation, steps, finishMs, image, seed);
    this.#settings.onEvent?.(result);
    return result;
  }

  async #saveImage(
    info: ImageInfo,
    { image, picture, infotext, reason }: Extract<GenerationEvent, { type: 'image' }>,
  ): Promise<string> {
    const png = await encodePng(picture, infotext, imageCompression);
    const path = await writeWhole(this.#folder, movieStem(info), 'png', png);
    const { width, height } = picture;
    this.#settings.onEvent?.({ type: 'image', index: image, path, seed: info.seed, width, height, reason });
    return path;
  }
}

function generate({ host, request, signal, skips }: AnimateSettings): AsyncIterable<GenerationEvent> {
  return request ? host.generate(request, signal, skips) : host.generate(undefined, signal, skips);
}

/** One error that says everything that went wrong. */
function together(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length < 2) return first;
  const messages = failures.map((failure) => messageOf(failure));
  return new StepsAnimationError(first instanceof StepsAnimationError ? first.code : 'output', messages.join(' '));
}

/** The facts of a movie as results tell them. */
export function describe(
  movie: FinishedMovie,
  animation: AnimationOptions,
  steps: number,
  finishMs: number,
  image: string | null,
  seed: number | null,
): AnimationResult {
  const { path, width, height, frames, fps, bytes } = movie;
  const { codec } = animation;
  const duration = frames / fps;
  return {
    type: 'animation',
    ...{ path, image, codec, width, height, frames, fps, duration, bytes, steps, seed },
    finish_ms: Math.round(finishMs * 10) / 10,
  };
}
