import type { AnimationResult, RunEvent } from '../../app/events.js';
import type { ImageInfo } from '../../hosts/host.js';
import { selectedPasses } from '../../recording/steps.js';
import type { Job, JobEvent, JobProgress } from '../job.js';
import type { Library } from '../library/library.js';
import type { JobFiles } from './job-files.js';
import { ProgressCounter } from './job-progress.js';
import type { JobStore } from './job-store.js';
import { LivePreview } from './live-preview.js';

export type RunningJobSettings = {
  readonly job: Job;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly library: Library;
  readonly emit: (event: JobEvent) => void;
};

type Event<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** The job at work: what happens to it goes into the database, and is told. */
export class RunningJob {
  readonly id: string;
  readonly preview = new LivePreview();
  readonly #settings: RunningJobSettings;
  readonly skips = new EventTarget();
  readonly #aborting = new AbortController();
  readonly #progress: ProgressCounter;
  #images: readonly ImageInfo[] = [];
  #passes: ReadonlySet<number> = new Set();
  /** how many steps each image has taken, of the passes that its movie shows */
  #steps: number[] = [];
  #finished = 0;
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
    return this.#progress.at(this.preview.version);
  }

  /** Whether its host has begun with it, so that something may have come of it. */
  get hasBegun(): boolean {
    return this.#images.length > 0;
  }

  stop(): void {
    this.#aborting.abort();
  }

  /** Before the run has begun, its first images are meant. */
  skip(): void {
    this.#isSkipped = true;
    if (this.#images.length > 0) this.skips.dispatchEvent(new Event('skip'));
  }

  /** Whether all images are there that were not skipped, finished to their last steps, or the movie of a render. */
  get isComplete(): boolean {
    if (this.#isSkipped && !this.signal.aborted) return true;
    const wanted = this.#settings.job.kind === 'render' ? 1 : this.#images.length;
    return wanted > 0 && this.#finished === wanted;
  }

  /** Takes what `animate` or `render` tell; what goes wrong here does not keep them from their work. */
  take(event: RunEvent): void {
    try {
      this.#take(event);
    } catch (error) {
      this.#failure ??= error;
    }
  }

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
        this.#keep(event);
        break;
      case 'image':
        this.#finishImage(event);
        break;
      case 'animation':
        this.#finishAnimation(event);
        break;
      case 'rendering':
        this.#progress.render(event.frame, event.frames);
        this.#tellProgress();
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

  #start({ images, passes, steps }: Event<'start'>): void {
    const { store, job } = this.#settings;
    this.#images = images;
    this.#steps = images.map(() => 0);
    this.#passes = selectedPasses(passes, job.options.animation?.passes ?? 'all');
    store.addImages(
      this.id,
      images.map(({ seed, infotext, width = 0, height = 0 }, index) => ({ index, seed, infotext, width, height })),
    );
    this.#progress.plan(steps);
    if (this.#isSkipped) this.skips.dispatchEvent(new Event('skip'));
    this.#tellProgress();
  }

  #step({ image, pass, step, preview: rough }: Event<'step'>): void {
    if (this.#passes.has(pass)) this.#steps[image] = (this.#steps[image] ?? 0) + 1;
    const { batch = 0, width = 0, height = 0 } = this.#images[image] ?? {};
    if (rough) this.preview.offer({ batch, step: this.#steps[image] ?? 0, rough, width, height });
    this.#progress.take(step, performance.now());
    this.#tellProgress();
  }

  #keep({ image, step, path }: Event<'intermediate'>): void {
    const { store, files, emit } = this.#settings;
    const kept = files.keepStep(this.id, { image, step, path });
    store.addStep(this.id, kept);
    this.preview.offer({ batch: this.#images[image]?.batch ?? 0, step, path: files.stepPath(this.id, kept) });
    emit({ type: 'step', id: this.id, image, step });
    this.#tellProgress();
  }

  #finishImage({ index, path, width, height, reason }: Event<'image'>): void {
    if (reason === 'finished') this.#finished++;
    this.#settings.store.finishImage(this.id, { index, path, width, height }, this.#steps[index] ?? 0);
    if (this.signal.aborted) this.#progress.sampled();
    this.#tell('image');
  }

  #finishAnimation(result: AnimationResult): void {
    const { library, store, job } = this.#settings;
    if (job.kind === 'render') this.#finished++;
    const images = store.get(job.options.of ?? this.id)?.images ?? [];
    const shown = images.find(({ path, index }) => path === result.image || index === job.options.image) ?? images[0];
    library.add(result, { job: this.id, infotext: shown?.infotext ?? '' });
    this.#tell('animation');
  }

  #note(message: string): void {
    this.#settings.store.addNote(this.id, message);
    this.#tell('note');
  }

  #tell(type: 'image' | 'animation' | 'note'): void {
    const job = this.#settings.store.get(this.id);
    if (job) this.#settings.emit({ type, job });
  }

  #tellProgress(): void {
    this.#settings.emit({ type: 'progress', id: this.id, progress: this.progress });
  }
}
