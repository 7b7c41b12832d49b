import type { AnimationResult, RunEvent } from '../../app/events.js';
import type { ImageInfo } from '../../hosts/host.js';
import { selectedPasses } from '../../recording/steps.js';
import type { Database } from '../database.js';
import type { JobEvent, JobImage, JobProgress, StoredJob } from '../job.js';
import type { Library } from '../library/library.js';
import type { JobFiles } from './job-files.js';
import { ProgressCounter } from './job-progress.js';
import type { JobStore } from './job-store.js';
import { LivePreview } from './live-preview.js';

type RunningJobSettings = {
  readonly job: StoredJob;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly library: Library;
  /** records what has happened, as soon as the database can be written */
  readonly record: Database['eventually'];
  readonly emit: (event: Extract<JobEvent, { id: string }>) => void;
  /** emits an event with the job as it is then */
  readonly notify: (type: 'image' | 'animation' | 'note') => void;
};

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** A job that is running: writes what happens to it into the database, and emits events. */
export class RunningJob {
  readonly id: string;
  readonly preview = new LivePreview();
  /** gets a `skip` event when images are to be skipped */
  readonly skips = new EventTarget();
  readonly #settings: RunningJobSettings;
  readonly #aborting = new AbortController();
  readonly #progress: ProgressCounter;
  /** how many images were finished before the service was killed: those of the host follow them */
  #offset = 0;
  #images: readonly ImageInfo[] = [];
  /** indices of the passes whose steps are counted */
  #passes: ReadonlySet<number> = new Set();
  /** by image: how many steps it has taken in these passes */
  #steps: number[] = [];
  /** images that were finished to their last step, or the movie of a render */
  #finishedCount = 0;
  #isResumedAtEnd = false;
  #isSkipped = false;
  #failure: unknown;

  constructor(settings: RunningJobSettings) {
    this.#settings = settings;
    this.id = settings.job.id;
    this.#progress = new ProgressCounter(settings.job.kind === 'render' ? 'rendering' : 'loading');
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  get progress(): JobProgress {
    return this.#progress.progress(this.preview.version);
  }

  /** Whether the host has announced its images. */
  get hasStarted(): boolean {
    return this.#images.length > 0;
  }

  /** Whether nothing is missing but images that were skipped. */
  get isComplete(): boolean {
    if (this.#isSkipped && !this.signal.aborted) return true;
    const expected = this.#settings.job.kind === 'render' ? 1 : this.#images.length;
    return (expected > 0 || this.#isResumedAtEnd) && this.#finishedCount === expected;
  }

  /**
   * To be called before the start when the job was running as the service was killed.
   * @param finished how many of its images are finished
   * @param isAll whether no other is left
   */
  resume(finished: number, isAll: boolean): void {
    const { store, record } = this.#settings;
    this.#offset = finished;
    this.#isResumedAtEnd = isAll;
    record(() => store.forgetSteps(this.id, finished));
  }

  stop(): void {
    const { store, record } = this.#settings;
    record(() => store.stop(this.id));
    this.#aborting.abort();
  }

  /** Skips the current images, or the first ones if the host has not started yet. */
  skip(): void {
    this.#isSkipped = true;
    if (this.hasStarted) this.skips.dispatchEvent(new Event('skip'));
  }

  /** Handles an event of `animate` or `render`. A failure does not disturb these; `throwFailure` throws it later. */
  take(event: RunEvent): void {
    try {
      this.#take(event);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Throws the first failure of `take`, if any. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #take(event: RunEvent): void {
    switch (event.type) {
      case 'start':
        this.#start(event);
        break;
      case 'step':
        this.#step(event);
        break;
      case 'intermediate':
        this.#keepStep(event);
        break;
      case 'image':
        this.#finishImage(event);
        break;
      case 'animation':
        this.#finishAnimation(event);
        break;
      case 'rendering':
        this.#progress.render(event.frame, event.frames);
        this.#emitProgress();
        break;
      case 'note':
        this.#note(event.message);
        break;
      case 'debug':
        if (this.#settings.job.options.animation?.debug) this.#note(event.message);
        break;
      case 'kept':
        this.#note(`The intermediate images are kept in ${event.folder}.`);
    }
  }

  #start({ images, passes, steps }: EventOf<'start'>): void {
    const { store, job, record } = this.#settings;
    this.#images = images;
    this.#steps = images.map(() => 0);
    this.#passes = selectedPasses(passes, job.options.animation?.passes ?? 'all');
    const rows = images.map(({ seed, infotext, width = 0, height = 0 }, index) => {
      return { index: index + this.#offset, seed, infotext, width, height };
    });
    record(() => store.addImages(this.id, rows));
    this.#progress.plan(steps);
    if (this.#isSkipped) this.skips.dispatchEvent(new Event('skip'));
    this.#emitProgress();
  }

  #step({ image, pass, step, preview: rough }: EventOf<'step'>): void {
    if (this.#passes.has(pass)) this.#steps[image] = (this.#steps[image] ?? 0) + 1;
    const { batch = 0, width = 0, height = 0 } = this.#images[image] ?? {};
    if (rough) this.preview.offer({ batch, step: this.#steps[image] ?? 0, rough, width, height });
    this.#progress.take(step, performance.now());
    this.#emitProgress();
  }

  #keepStep({ image, step, path }: EventOf<'intermediate'>): void {
    const { store, files, record, emit } = this.#settings;
    const kept = files.keepStep(this.id, { image: image + this.#offset, step, path });
    // The noise is kept for other movies, and is no step to look at.
    const isStep = step > 0;
    record(
      () => store.addStep(this.id, kept),
      () => isStep && emit({ type: 'step', id: this.id, image: kept.image, step }),
    );
    this.preview.offer({ batch: this.#images[image]?.batch ?? 0, step, path: files.stepPath(this.id, kept) });
    this.#emitProgress();
  }

  #finishImage({ index, path, width, height, reason }: EventOf<'image'>): void {
    const { store, library, record, notify } = this.#settings;
    if (reason === 'finished') this.#finishedCount++;
    const lastStep = this.#steps[index] ?? 0;
    if (this.signal.aborted) this.#progress.sampled();
    record(
      () => {
        store.finishImage(this.id, { index: index + this.#offset, path, width, height }, lastStep);
        library.forgetImage(path, this.#images[index]?.infotext ?? '');
      },
      () => notify('image'),
    );
  }

  #finishAnimation(result: AnimationResult): void {
    const { library, store, job, record, notify } = this.#settings;
    if (job.kind === 'render') this.#finishedCount++;
    record(
      () => {
        const images = store.get(job.options.of ?? this.id)?.images ?? [];
        library.add(result, { job: this.id, infotext: shownImage(images, result, job.options.image)?.infotext ?? '' });
      },
      () => notify('animation'),
    );
  }

  #note(message: string): void {
    const { store, record, notify } = this.#settings;
    record(
      () => store.addNote(this.id, message),
      () => notify('note'),
    );
  }

  #emitProgress(): void {
    this.#settings.emit({ type: 'progress', id: this.id, progress: this.progress });
  }
}

/**
 * The image on which a movie ends; the first one for a grid.
 * @param index of the image of a render, which may not have been finished; null for other jobs
 */
function shownImage(images: readonly JobImage[], { image, seed }: AnimationResult, index: number | null) {
  if (index !== null) return images.find((other) => other.index === index);
  if (image !== null) return images.find(({ path }) => path === image);
  // It could not be saved.
  return seed === null ? images[0] : images.find((other) => other.seed === seed);
}
