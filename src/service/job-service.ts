import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { tryLock } from '../files/lock.js';
import { prepareFolder } from '../files/whole-files.js';
import { messageOf } from '../util/error-message.js';
import { Database } from './database.js';
import type { HostPool } from './hosts/host-pool.js';
import type { Job, JobEvent, JobQuery, JobRequest } from './job.js';
import { JobEvents } from './jobs/job-events.js';
import { JobFiles } from './jobs/job-files.js';
import { JobRunner, noJob } from './jobs/job-runner.js';
import { JobStore, type OnRestart } from './jobs/job-store.js';
import type { Preview } from './jobs/live-preview.js';
import { RequestChecks } from './jobs/request-checks.js';
import { Library } from './library/library.js';
import { checkFreeSpace } from './storage.js';

export type JobServiceSettings = {
  /** save location: images, movies and the database are below it */
  readonly outdir: string;
  /** what generates; the caller disposes of them after the service */
  readonly hosts: HostPool;
  /** limits on the kept pictures of steps; 20 jobs and 2 GB by default */
  readonly keptSteps?: { readonly jobs?: number; readonly bytes?: number };
  /** how many jobs that have ended stay listed. Older ones are forgotten, their files stay. 10,000 by default */
  readonly keepJobs?: number;
  /** what happens to jobs that were running when the service was killed. Default: `resume` */
  readonly onRestart?: OnRestart;
  /** receives messages for the user, such as that a damaged database was renamed */
  readonly onMessage?: (message: string) => void;
};

export type { OnRestart } from './jobs/job-store.js';

/** What the HTTP APIs say about the service itself. */
export type ServiceInfo = {
  readonly version: string;
  /** what the embedded model runs on */
  readonly device: string;
  /** absolute; images and movies go below it */
  readonly outdir: string;
  /** folders of model folders of the embedded host; the first with a model of a name takes precedence */
  readonly modelsFolders: readonly string[];
  readonly hosts: HostPool;
};

/** What the HTTP APIs are built on. Errors are StepsAnimationErrors, `usage` for what does not exist. */
export type JobService = Pick<Service, Exclude<keyof Service, symbol>>;

/** The folder of the service's own files, below the save location. */
const ownFolder = '.steps-animation';
const defaultKeptJobs = 20;
const defaultKeptBytes = 2e9;
const defaultKeepJobs = 10_000;

/**
 * Opens the service of a save location. Its queue outlives the process; each host runs one job at a time. Disposing of
 * the service stops the running jobs and completes their files.
 * @throws StepsAnimationError `output` when the save location is not writable, `usage` when another service uses it
 */
export async function openJobService(settings: JobServiceSettings): Promise<JobService & AsyncDisposable> {
  const outdir = resolve(settings.outdir);
  const folder = join(outdir, ownFolder);
  await prepareFolder(folder);
  const lock = await tryLock(join(folder, 'lock.db'));
  if (!lock) {
    const message = `Another service uses ${outdir}: stop it, or choose another save location with --outdir.`;
    throw new StepsAnimationError('usage', message);
  }
  try {
    const database = await Database.open(outdir, settings.onMessage ?? (() => {}));
    return new Service({ ...settings, outdir }, folder, database, lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

class Service implements AsyncDisposable {
  readonly library: Library;
  readonly #settings: JobServiceSettings;
  readonly #database: Database;
  readonly #lock: Disposable;
  readonly #store: JobStore;
  readonly #files: JobFiles;
  readonly #checks: RequestChecks;
  readonly #events = new JobEvents();
  readonly #runner: JobRunner;
  readonly #starting: Promise<void>;
  #isClosing = false;

  constructor(settings: JobServiceSettings, folder: string, database: Database, lock: Disposable) {
    const { outdir, hosts } = settings;
    this.#settings = settings;
    this.#database = database;
    this.#lock = lock;
    this.library = new Library(database, outdir, this.#report);
    this.#files = new JobFiles(join(folder, 'jobs'));
    this.#checks = new RequestChecks({ hosts, outdir });
    this.#store = new JobStore(database);
    this.#runner = new JobRunner({
      ...{ outdir, hosts, database, store: this.#store, files: this.#files, library: this.library },
      emit: (event) => this.#events.emit(event),
      afterJob: () => this.#forgetOld(),
      onError: this.#report,
    });
    database.eventually(() => this.#store.takeUpRunning(settings.onRestart ?? 'resume'));
    this.library.update().catch(this.#report);
    this.#starting = this.#cleanUp()
      .catch(this.#report)
      .finally(() => this.#runner.open());
  }

  /** Removes what a killed service left behind. */
  async #cleanUp(): Promise<void> {
    await this.library.deleteRemoved();
    await this.#files.removeUnless((id) => this.#store.has(id));
    await this.#forgetOld();
  }

  /** Checks a request and appends it to the queue. */
  async submit(request: JobRequest): Promise<Job> {
    checkFreeSpace(this.#settings.outdir);
    const { start, ...checked } =
      request.kind === 'render'
        ? await this.#checks.render(request, this.#store.get(request.of))
        : await this.#checks.generation(request);
    this.#checkOpen();
    const id = randomUUID();
    try {
      if (start) await this.#files.writeStart(id, start);
      await this.#database.write(() => {
        this.#checkOpen();
        this.#store.add({ id, ...checked });
      });
    } catch (error) {
      await this.#files.remove(id);
      throw error;
    }
    this.#notify('queued', id);
    const job = this.#find(id);
    this.#runner.dispatch();
    return job;
  }

  get(id: string): Job | undefined {
    return this.#runner.job(id);
  }

  /** The newest first; in queue order if only queued jobs are wanted. 100 by default. */
  list(query: JobQuery = {}): readonly Job[] {
    return this.#runner.list(query);
  }

  /** How many jobs are queued. */
  get queued(): number {
    return this.#store.queue.count();
  }

  /** The running job that started first; others may be running on other hosts. */
  current(): Job | undefined {
    const { first } = this.#runner;
    return first && this.get(first.id);
  }

  /** Takes a job out of the queue, or stops it after the current step, which `ended` waits for. Results are kept. */
  async cancel(id: string): Promise<Job> {
    const { state } = this.#find(id);
    if (state === 'queued') await this.#cancelQueued(id);
    else if (state === 'running') this.#runner.running(id)?.stop();
    else throw new StepsAnimationError('usage', `The job ${id} cannot be cancelled: it is already ${state}.`);
    return this.#find(id);
  }

  /** It may start while another program has locked the database: then it is stopped. */
  async #cancelQueued(id: string): Promise<void> {
    const ending = { state: 'cancelled', endedAt: Date.now(), error: null, errorCode: null } as const;
    const isCancelled = await this.#database.write(() => {
      if (this.get(id)?.state !== 'queued') return false;
      this.#store.end(id, ending);
      return true;
    });
    if (!isCancelled) return this.#runner.running(id)?.stop();
    this.#runner.forget(id);
    this.#notify('ended', id);
  }

  /** Ends the images that are being sampled after the current step, and continues with the next ones. */
  skip(id: string): Job {
    const job = this.#find(id);
    const running = this.#runner.running(id);
    if (!running || job.kind === 'render')
      throw new StepsAnimationError('usage', `The job ${id} has nothing to skip: it is not sampling.`);
    running.skip();
    return job;
  }

  /** @param position in the queue, from 1 */
  async move(id: string, position: number): Promise<Job> {
    await this.#database.write(() => {
      const { state } = this.#find(id);
      if (state !== 'queued')
        throw new StepsAnimationError('usage', `The job ${id} cannot be moved: it is ${state}, not queued.`);
      this.#store.queue.move(id, position);
    });
    this.#notify('moved', id);
    return this.#find(id);
  }

  /** Queues a new job with the same request. */
  async again(id: string): Promise<Job> {
    return await this.submit(await this.#requestOf(this.#find(id)));
  }

  /** Deletes a job that is not running, with its kept steps; images and movies stay. */
  async remove(id: string): Promise<void> {
    await this.#database.write(() => {
      if (this.#find(id).state === 'running')
        throw new StepsAnimationError('usage', `The job ${id} is running: cancel it before removing it.`);
      this.#store.delete(id);
    });
    this.#runner.forget(id);
    this.#events.emit({ type: 'deleted', id });
    await this.#files.remove(id);
  }

  /** The newest live picture of a running job, at most 512 pixels wide and high; a new one at most every 200 ms. */
  async preview(id: string): Promise<Preview | undefined> {
    return await this.#runner.running(id)?.preview.get();
  }

  /** The absolute path of a kept step's picture. */
  async stepPicture(id: string, image: number, step: number): Promise<string> {
    const kept = this.#store.steps(id, image).find((other) => other.step === step);
    if (!kept) throw new StepsAnimationError('usage', `Step ${step} of image ${image} of the job ${id} is not kept.`);
    return this.#files.stepPath(id, kept);
  }

  /** Events from now on, of one job or of all, until `signal` aborts. */
  events(filter: { readonly id?: string }, signal: AbortSignal): AsyncIterable<JobEvent> {
    return this.#events.read(filter, signal);
  }

  /** Resolves when a job has ended. */
  async ended(id: string, signal?: AbortSignal): Promise<Job> {
    const reading = new AbortController();
    const events = this.events({ id }, signal ? AbortSignal.any([signal, reading.signal]) : reading.signal);
    try {
      const job = this.#find(id);
      if (job.endedAt !== null) return job;
      for await (const event of events) {
        if (event.type === 'ended') return event.job;
        if (event.type === 'deleted') throw noJob(id);
      }
      throw new StepsAnimationError('interrupted', `Stopped waiting for the job ${id} before it ended.`);
    } finally {
      reading.abort();
    }
  }

  async #forgetOld(): Promise<void> {
    await this.#forgetOldSteps();
    await this.#forgetOldJobs();
  }

  /** Deletes all but the latest jobs that have ended; of many, some each time. */
  async #forgetOldJobs(): Promise<void> {
    for (const id of this.#store.endedBefore(this.#settings.keepJobs ?? defaultKeepJobs)) {
      this.#database.eventually(
        () => this.#store.delete(id),
        () => this.#events.emit({ type: 'deleted', id }),
      );
      await this.#files.remove(id);
    }
  }

  /** Deletes the kept steps of all but the newest jobs; those of the last job always stay. */
  async #forgetOldSteps(): Promise<void> {
    const { jobs = defaultKeptJobs, bytes = defaultKeptBytes } = this.#settings.keptSteps ?? {};
    let sum = 0;
    for (const [index, kept] of this.#store.jobsWithSteps().entries()) {
      sum += kept.bytes;
      if (index === 0 || (index < jobs && sum <= bytes)) continue;
      this.#database.eventually(() => this.#store.forgetSteps(kept.id));
      await this.#files.removeSteps(kept.id);
    }
  }

  async #requestOf({ id, kind, options }: Job): Promise<JobRequest> {
    const { animation, of, image } = options;
    if (kind === 'render') return { kind, of: of ?? '', image: image ?? 0, animation: animation ?? {} };
    const generation = options.generation ?? {};
    if (kind === 'txt2img') return { kind, generation, animation };
    return { kind, generation, start: { ...options.img2img, ...(await this.#files.readStart(id)) }, animation };
  }

  #notify(type: 'queued' | 'moved' | 'ended', id: string): void {
    this.#events.emit({ type, job: this.#find(id) });
  }

  #checkOpen(): void {
    if (this.#isClosing) throw new StepsAnimationError('usage', 'The service is shutting down and takes no more jobs.');
  }

  #find(id: string): Job {
    const job = this.get(id);
    if (!job) throw noJob(id);
    return job;
  }

  readonly #report = (error: unknown): void => this.#settings.onMessage?.(messageOf(error));

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.library.stopReading();
    await this.#starting;
    await this.#runner[Symbol.asyncDispose]();
    await this.library[Symbol.asyncDispose]();
    // Its last changes end jobs that requests wait for.
    await this.#database[Symbol.asyncDispose]();
    this.#events.end();
    this.#lock[Symbol.dispose]();
  }
}
