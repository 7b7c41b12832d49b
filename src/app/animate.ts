import { dirname, join, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { findWhole, prepareFolder, writeWhole } from '../files/whole-files.js';
import { checkRequest } from '../hosts/check-request.js';
import type { GenerationEvent, GenerationRequest, Host, ImageInfo } from '../hosts/host.js';
import type { AnimationOptions } from '../options/animation-options.js';
import { checkAnimationOptions } from '../options/check-animation-options.js';
import type { AnimationOptionsInput } from '../options/option-types.js';
import { encodePng } from '../pictures/picture-files.js';
import type { Recording } from '../recording/image.js';
import { Recorder } from '../recording/recorder.js';
import { messageOf } from '../util/error-message.js';
import { type AnimationResult, animationResult, type RunEvent } from './events.js';

/** What to generate and how to animate it. A host that takes requests needs one; the stream host takes none. */
export type AnimateSettings = RunSettings &
  (
    | { readonly host: Host; readonly request: GenerationRequest }
    | { readonly host: Host<undefined>; readonly request?: undefined }
  );

type RunSettings = {
  /** options of the movies; null makes the images alone, without movies and intermediate images. Default: all defaults */
  readonly animation?: AnimationOptionsInput | null;
  /** save location: images go to `<outdir>/<tab>-images`, movies and intermediate images into folders below it */
  readonly outdir: string;
  /** default: `txt2img` */
  readonly tab?: 'txt2img' | 'img2img';
  /** folder of the images, instead of `<outdir>/<tab>-images` */
  readonly folder?: string;
  /** whether to save the finished images. Default: true */
  readonly saveImages?: boolean;
  /** for a run that is repeated because it was killed: an image that it had saved already is not saved again */
  readonly repeated?: {
    /** when it was first started, in milliseconds since 1970 */
    readonly since: number;
    /** whether the file at a path is known to be another one, whatever it contains */
    readonly isTaken: (path: string) => boolean;
  };
  readonly onEvent?: (event: RunEvent) => void;
  /** stops sampling after the current step; what there is by then still becomes a movie */
  readonly signal?: AbortSignal;
  /** each `skip` event ends the current images after the current step; the run goes on with the next ones */
  readonly skips?: EventTarget;
};

type HostEvent<Type extends GenerationEvent['type']> = Extract<GenerationEvent, { type: Type }>;

/** zlib level of the finished image, libpng's default. */
const pngCompressionLevel = 6;
/** Limits of finished images that wait for their movies; a single one may have more bytes. */
const maxPending = { images: 64, bytes: 256 * 2 ** 20 };
/** Pixels; the codec is tried at this size if the request leaves the size to the host. */
const defaultTrialSide = 512;

/**
 * Generates images and makes a movie of the steps of each, while they are sampled.
 * @returns one result for each movie: of each image, and then of the grid if the options ask for one
 * @throws StepsAnimationError `usage` before any sampling; `output` or `encoder` when something could not be written
 *   (what was written before is kept); `interrupted` when stopped before there was an image; or the host's error
 *
 * @example
 * ```ts
 * await using host = createEmbeddedHost();
 * const [movie] = await animate({
 *   host,
 *   request: { prompt: 'a red apple', steps: 20, seed: 42 },
 *   animation: { codec: 'x264', duration: 5 },
 *   outdir: 'outputs',
 * });
 * console.log(movie?.path);
 * ```
 */
export async function animate(settings: AnimateSettings): Promise<AnimationResult[]> {
  const { host, request, onEvent, animation: given = {} } = settings;
  const animation = given && checkAnimationOptions(given);
  // Before anything is written; the host checks what depends on it.
  if (request) checkRequest(request);
  const folder = resolve(settings.folder ?? join(settings.outdir, `${settings.tab ?? 'txt2img'}-images`));
  await prepareFolder(folder);
  if (request) host.prepare?.(request);
  if (!animation) return await new Run(settings, folder, null).results();
  const size = { width: request?.width || defaultTrialSide, height: request?.height || defaultTrialSide };
  const recording = { animation, folder, onEvent: (event: RunEvent) => onEvent?.(event), signal: settings.signal };
  await using recorder = await Recorder.open(recording, size);
  return await new Run(settings, folder, { animation, recorder }).results();
}

/** The recorder of a run, and its options. */
type RunRecorder = { readonly animation: AnimationOptions; readonly recorder: Recorder };

/** One run of a host: passes its steps to the recorder, and writes its images. */
class Run {
  readonly #settings: AnimateSettings;
  readonly #folder: string;
  readonly #recording: RunRecorder | null;
  readonly #results: Promise<AnimationResult | null>[] = [];
  /** images whose movies are not finished, with the bytes of their pictures */
  readonly #pending = new Map<Promise<unknown>, number>();
  #images: readonly ImageInfo[] = [];
  #plannedSteps = 0;
  #stepsTaken = 0;

  /** @param recording null to make the images alone */
  constructor(settings: AnimateSettings, folder: string, recording: RunRecorder | null) {
    this.#settings = settings;
    this.#folder = folder;
    this.#recording = recording;
  }

  async results(): Promise<AnimationResult[]> {
    // If the host fails, the images that came still get their movies, and their grid.
    const taken = this.#takeAll();
    await Promise.allSettled([taken]);
    await Promise.allSettled(this.#results);
    const grid = this.#end();
    await Promise.allSettled([grid]);
    // The first failure is thrown: later ones may be its consequences.
    await taken;
    return (await Promise.all([...this.#results, grid])).filter((result) => result !== null);
  }

  async #takeAll(): Promise<void> {
    const { signal } = this.#settings;
    // The host ends its events when the last one has been taken; until then, steps can be decoded.
    for await (const event of this.#generate()) await this.#take(event);
    if (this.#results.length === 0 && signal?.aborted) {
      throw new StepsAnimationError('interrupted', 'Stopped before the first step: there is nothing to keep.');
    }
  }

  #generate(): AsyncIterable<GenerationEvent> {
    const { host, request, signal, skips } = this.#settings;
    return request ? host.generate(request, signal, skips) : host.generate(undefined, signal, skips);
  }

  async #end(): Promise<AnimationResult | null> {
    const grid = (await this.#recording?.recorder.end()) ?? null;
    return grid && this.#report(grid, null, null);
  }

  async #take(event: GenerationEvent): Promise<void> {
    switch (event.type) {
      case 'start':
        this.#start(event);
        break;
      case 'noise':
        if (!this.#recording?.recorder.noise(event.image, event.picture)) event.release?.();
        break;
      case 'step':
        this.#step(event);
        break;
      case 'image': {
        const finishing = this.#finish(event);
        // A failure is thrown at the end; until then the other images go on.
        finishing.catch(() => {});
        this.#results.push(finishing);
        await this.#limitPending(finishing, event.picture.data.length);
        break;
      }
      case 'note':
        this.#settings.onEvent?.(event);
        break;
      case 'end':
        await Promise.allSettled(this.#results);
    }
  }

  #start({ images, passes }: HostEvent<'start'>): void {
    this.#images = images;
    this.#plannedSteps = images.length * passes.reduce((sum, { steps }) => sum + steps, 0);
    this.#recording?.recorder.start(images, passes);
    this.#settings.onEvent?.({ type: 'start', images, passes, steps: this.#plannedSteps });
  }

  #step(event: HostEvent<'step'>): void {
    const { recorder, animation } = this.#recording ?? {};
    const isRecorded = animation && recorder?.step(event, () => event.picture(animation.content));
    if (!isRecorded) event.release?.();
    const { image, pass, preview } = event;
    const counts = { step: ++this.#stepsTaken, steps: this.#plannedSteps };
    this.#settings.onEvent?.({ type: 'step', image, pass, ...counts, ...(preview && { preview }) });
  }

  /** Finished pictures wait in memory for their movies: a host that is far ahead is slowed down. */
  async #limitPending(finishing: Promise<unknown>, bytes: number): Promise<void> {
    const remove = () => this.#pending.delete(finishing);
    this.#pending.set(finishing, bytes);
    finishing.then(remove, remove);
    while (this.#hasTooManyPending) await Promise.race([...this.#pending.keys()].map((one) => one.catch(() => {})));
  }

  get #hasTooManyPending(): boolean {
    const bytes = [...this.#pending.values()].reduce((sum, one) => sum + one, 0);
    const { size } = this.#pending;
    return size > maxPending.images || (size > 1 && bytes > maxPending.bytes);
  }

  async #finish(event: HostEvent<'image'>): Promise<AnimationResult | null> {
    const info = this.#images[event.image];
    if (!info)
      throw new StepsAnimationError('input', `The host sent image ${event.image}, which it had not announced.`);
    // The image first: whatever happens to the movie, it is on disk.
    const path = this.#settings.saveImages === false ? undefined : this.#saveImage(info, event);
    const finished = this.#recording?.recorder.finish(event.image, { ...event, ...(path && { path }) }) ?? null;
    const [image, recorded] = await Promise.allSettled([path ?? null, finished]);
    const failures = [image, recorded].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (recorded.status === 'rejected') throw combineErrors(failures);
    const imagePath = image.status === 'fulfilled' ? image.value : null;
    const result = recorded.value && this.#report(recorded.value, imagePath, info.seed);
    if (failures.length > 0) throw combineErrors(failures);
    return result;
  }

  #report(
    { movie, kept: [keptFile], steps, finishMs }: Recording,
    image: string | null,
    seed: number | null,
  ): AnimationResult | null {
    if (keptFile !== undefined) this.#settings.onEvent?.({ type: 'kept', folder: dirname(keptFile) });
    if (!movie || !this.#recording) return null;
    const result = animationResult(movie, this.#recording.animation, { image, seed, steps, finishMs });
    this.#settings.onEvent?.(result);
    return result;
  }

  /** The path of an image that was saved before the run was killed. */
  async #savedImage(info: ImageInfo, png: Uint8Array): Promise<string | undefined> {
    const { repeated } = this.#settings;
    const path = repeated && (await findWhole(this.#folder, movieStem(info), 'png', png, repeated.since));
    return path === undefined || repeated?.isTaken(path) ? undefined : path;
  }

  async #saveImage(info: ImageInfo, { image, picture, infotext, reason }: HostEvent<'image'>): Promise<string> {
    const png = await encodePng(picture, infotext, pngCompressionLevel);
    const path = (await this.#savedImage(info, png)) ?? (await writeWhole(this.#folder, movieStem(info), 'png', png));
    const { width, height } = picture;
    this.#settings.onEvent?.({ type: 'image', index: image, path, seed: info.seed, width, height, reason });
    return path;
  }
}

/** One error with the messages of all. */
function combineErrors(errors: readonly unknown[]): unknown {
  const [first] = errors;
  if (errors.length < 2) return first;
  const message = errors.map((error) => messageOf(error)).join(' ');
  return new StepsAnimationError(first instanceof StepsAnimationError ? first.code : 'output', message);
}
