import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { tryLock } from '../files/lock.js';
import { prepareFolder } from '../files/whole-files.js';
import { messageOf } from '../util/error-message.js';
import { Database } from './database.js';
import type { HostPool } from './hosts/host-pool.js';
import type { Job, JobEvent, JobRequest, JobService } from './job.js';
import { JobEvents } from './jobs/job-events.js';
import { JobFiles } from './jobs/job-files.js';
import { JobRunner } from './jobs/job-runner.js';
import { type JobFilter, JobStore } from './jobs/job-store.js';
import type { Preview } from './jobs/live-preview.js';
import { type CheckedRequest, RequestChecks } from './jobs/request-checks.js';
import { Library } from './library/library.js';
import { StoredPaths } from './stored-paths.js';

export type JobServiceSettings = {
  /** save location: images, movies and the database are below it */
  readonly outdir: string;
  /** what generates; they stay the caller's, who disposes of them after the service */
  readonly hosts: HostPool;
  /** of how many jobs, and how many bytes of them, the pictures of all steps are kept; 20 and 2 GB if left out */
  readonly keptSteps?: { readonly jobs?: number; readonly bytes?: number };
  /** told what a person should know, such as that a damaged database was moved aside */
  readonly onMessage?: (message: string) => void;
};

/** The folder of what the service keeps for itself, below the save location. */
const ownFolder = '.steps-animation';
const usualKeptJobs = 20;
const usualKeptBytes = 2e9;

/**
 * Opens the service of a save location: jobs run one after another on each host, in an order that outlives the process.
 * Disposing of it stops the jobs that are running and finishes their files.
 * @throws StepsAnimationError `output` when the save location cannot be written to, `usage` when another service has it
 */
export async function openJobService(settings: JobServiceSettings): Promise<JobService & AsyncDisposable> {
  const outdir = resolve(settings.outdir);
  const folder = join(outdir, ownFolder);
  await prepareFolder(folder);
  const lock = await tryLock(join(folder, 'lock.db'));
  if (!lock) {
    const message = `Another service works on ${outdir} already: stop it, or choose another save location with --outdir.`;
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

class Service implements JobService, AsyncDisposable {
  readonly library: Library;
  readonly #settings: JobServiceSettings;
  readonly #database: Database;
  readonly #lock: Disposable;
  readonly #store: JobStore;
  readonly #files: JobFiles;
  readonly #checks: RequestChecks;
  readonly #events = new JobEvents();
  readonly #closing = new AbortController();
  readonly #runner: JobRunner;
  readonly #beginning: Promise<void>;

  constructor(settings: JobServiceSettings, folder: string, database: Database, lock: Disposable) {
    const { outdir, hosts } = settings;
    this.#settings = settings;
    this.#database = database;
    this.#lock = lock;
    this.library = new Library(database, outdir);
    this.#files = new JobFiles(join(folder, 'jobs'));
    this.#checks = new RequestChecks({ hosts, outdir });
    this.#store = new JobStore(
      database,
      new StoredPaths(outdir),
      (id) => this.library.ofJob(id),
      (id) => this.#runner.get(id)?.progress ?? null,
      (id) => this.#runner.waitsFor(id),
    );
    this.#runner = new JobRunner({
      ...{ outdir, hosts, store: this.#store, files: this.#files, library: this.library },
      emit: (event) => this.#events.emit(event),
      afterwards: () => this.#forgetOldSteps().catch(this.#report),
    });
    this.#store.interruptRunning();
    this.#beginning = this.#begin()
      .catch(this.#report)
      .finally(() => this.#runner.begin());
  }

  /** Clears up what a killed service could not, and lists what it could not list any more. */
  async #begin(): Promise<void> {
    this.library.update().catch(this.#report);
    await this.library.deleteRemoved();
    await this.#files.removeAllBut(this.#store.ids());
    await this.#forgetOldSteps();
  }

  async submit(request: JobRequest): Promise<Job> {
    const checked =
      request.kind === 'render'
        ? await this.#checks.render(request, this.get(request.of))
        : await this.#checks.generation(request);
    return await this.#queue(checked);
  }

  async #queue({ kind, options, start, hosts }: CheckedRequest): Promise<Job> {
    if (this.#closing.signal.aborted)
      throw new StepsAnimationError('usage', 'The service is being stopped: it takes no further jobs.');
    const id = randomUUID();
    if (start) await this.#files.writeStart(id, start);
    this.#store.add(id, kind, options, hosts);
    this.#tell('queued', id);
    const job = this.#job(id);
    this.#runner.dispatch();
    return job;
  }

  get(id: string): Job | undefined {
    return this.#store.get(id);
  }

  list(filter: JobFilter = {}): Job[] {
    return this.#store.list(filter);
  }

  current(): Job | undefined {
    const { first } = this.#runner;
    return first && this.get(first.id);
  }

  async cancel(id: string): Promise<Job> {
    const { state } = this.#job(id);
    if (state === 'queued') this.#runner.cancel(id);
    else if (state === 'running') this.#runner.get(id)?.stop();
    else throw new StepsAnimationError('usage', `The job ${id} cannot be cancelled: it is ${state} already.`);
    return this.#job(id);
  }

  skip(id: string): Job {
    const job = this.#job(id);
    const running = this.#runner.get(id);
    if (!running || job.kind === 'render')
      throw new StepsAnimationError('usage', `Nothing of the job ${id} can be skipped: it is not sampling.`);
    running.skip();
    return job;
  }

  move(id: string, position: number): Job {
    const { state } = this.#job(id);
    if (state !== 'queued')
      throw new StepsAnimationError('usage', `The job ${id} cannot be moved: it is ${state}, not queued.`);
    if (!Number.isInteger(position) || position < 1)
      throw new StepsAnimationError('usage', `The position must be a whole number from 1, not ${position}.`);
    this.#store.move(id, position);
    this.#tell('moved', id);
    return this.#job(id);
  }

  async again(id: string): Promise<Job> {
    return await this.submit(await this.#requestOf(this.#job(id)));
  }

  async remove(id: string): Promise<void> {
    const { state } = this.#job(id);
    if (state === 'running')
      throw new StepsAnimationError('usage', `The job ${id} is running: cancel it before it is removed.`);
    this.#runner.forget(id);
    this.#store.delete(id);
    this.#events.emit({ type: 'deleted', id });
    await this.#files.remove(id);
  }

  async preview(id: string): Promise<Preview | undefined> {
    return await this.#runner.get(id)?.preview.get();
  }

  async stepPicture(id: string, image: number, step: number): Promise<string> {
    const kept = this.#store.steps(id, image).find((other) => other.step === step);
    if (!kept) throw new StepsAnimationError('usage', `Step ${step} of image ${image} of the job ${id} is not kept.`);
    return this.#files.stepPath(id, kept);
  }

  events(filter: { readonly id?: string }, signal: AbortSignal): AsyncIterable<JobEvent> {
    return this.#events.read(filter, signal);
  }

  async ended(id: string, signal?: AbortSignal): Promise<Job> {
    const reading = new AbortController();
    const events = this.events({ id }, signal ? AbortSignal.any([signal, reading.signal]) : reading.signal);
    try {
      const job = this.#job(id);
      if (job.endedAt !== null) return job;
      for await (const event of events) {
        if (event.type === 'ended') return event.job;
        if (event.type === 'deleted') throw noJob(id);
      }
      throw new StepsAnimationError('interrupted', `Stopped waiting for the job ${id} before it had ended.`);
    } finally {
      reading.abort();
    }
  }

  /** Of jobs beyond the limits only the images and movies stay; the last one's steps always do. */
  async #forgetOldSteps(): Promise<void> {
    const { jobs = usualKeptJobs, bytes = usualKeptBytes } = this.#settings.keptSteps ?? {};
    let sum = 0;
    for (const [index, kept] of this.#store.jobsWithSteps().entries()) {
      sum += kept.bytes;
      if (index === 0 || (index < jobs && sum <= bytes)) continue;
      this.#store.forgetSteps(kept.id);
      await this.#files.removeSteps(kept.id);
    }
  }

  async #requestOf({ id, kind, options }: Job): Promise<JobRequest> {
    const { generation, img2img, animation, of, image } = options;
    if (kind === 'render') return { kind, of: of ?? '', image: image ?? 0, animation: animation ?? {} };
    if (kind === 'txt2img') return { kind, generation: generation ?? {}, animation };
    const start = { ...img2img, ...(await this.#files.readStart(id)) };
    return { kind, generation: generation ?? {}, start, animation };
  }

  #tell(type: 'queued' | 'moved', id: string): void {
    this.#events.emit({ type, job: this.#job(id) });
  }

  #job(id: string): Job {
    const job = this.get(id);
    if (!job) throw noJob(id);
    return job;
  }

  readonly #report = (error: unknown): void => this.#settings.onMessage?.(messageOf(error));

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#beginning;
    await this.#runner[Symbol.asyncDispose]();
    await this.library[Symbol.asyncDispose]();
    this.#events.end();
    this.#database[Symbol.dispose]();
    this.#lock[Symbol.dispose]();
  }
}

function noJob(id: string): StepsAnimationError {
  return new StepsAnimationError('usage', `There is no job ${JSON.stringify(id)}.`);
}
