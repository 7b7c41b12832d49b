import { animate } from '../../app/animate.js';
import type { RunEvent } from '../../app/events.js';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationRequest, Host } from '../../hosts/host.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import { messageOf } from '../../util/error-message.js';
import type { Database } from '../database.js';
import type { HostPool } from '../hosts/host-pool.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import type { Job, JobEvent, JobOptions, JobQuery, JobState, StoredJob } from '../job.js';
import type { Library } from '../library/library.js';
import { checkFreeSpace, StorageError, storageProblemOf } from '../storage.js';
import { decodeStart, type JobFiles } from './job-files.js';
import type { JobStore, QueuedJob } from './job-store.js';
import { renderJob } from './render-job.js';
import { RunningJob } from './running-job.js';

type JobRunnerSettings = {
  /** absolute */
  readonly outdir: string;
  readonly hosts: HostPool;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly library: Library;
  /** where what happens to jobs is recorded */
  readonly database: Pick<Database, 'eventually' | 'problem'>;
  readonly emit: (event: JobEvent) => void;
  /** called after each job */
  readonly afterJob: () => Promise<void>;
  /** gets errors that belong to no job */
  readonly onError: (error: unknown) => void;
};

/** How often a job may fail to start on a host that is unavailable: one that crashes the host would do so for ever. */
const maxFailedStarts = 3;
/** How often a job that cannot start because nothing can be written is tried again. */
const storageRetryMs = 1000;

/** How a job ended, as long as that is not written. */
type Ending = Pick<StoredJob, 'state' | 'endedAt' | 'error' | 'errorCode'>;

/**
 * Assigns jobs to hosts: each host runs one at a time, the first of the queue that it can run. Renders need no host, but
 * run one at a time in the place of the embedded one, because they use the same machine.
 */
export class JobRunner implements AsyncDisposable {
  readonly #settings: JobRunnerSettings;
  /** by host, in the order in which they started; renders by the name of the embedded host */
  readonly #running = new Map<string, RunningJob>();
  readonly #work = new Set<Promise<void>>();
  /** by job: the names of the hosts on which it failed to start, one for each time */
  readonly #failedStarts = new Map<string, readonly string[]>();
  /** by queued job: names of the hosts that could run it, all of which are unavailable */
  #awaitedHosts: ReadonlyMap<string, readonly string[]> = new Map();
  /** by job: how it ended, as long as the database could not be written */
  readonly #unwritten = new Map<string, Ending>();
  #retryTimer: NodeJS.Timeout | undefined;
  #storageTimer: NodeJS.Timeout | undefined;
  /** why jobs could not start the last time */
  #startProblem = '';
  #isOpen = false;

  constructor(settings: JobRunnerSettings) {
    this.#settings = settings;
    settings.hosts.onChange(() => this.dispatch());
  }

  /** A job with its present state. */
  job(id: string): Job | undefined {
    const stored = this.#settings.store.get(id);
    return stored && this.#withPresentState(stored);
  }

  list(query: JobQuery): Job[] {
    return this.#settings.store.list(query).map((stored) => this.#withPresentState(stored));
  }

  /** the running job that started first */
  get first(): RunningJob | undefined {
    return this.#running.values().next().value;
  }

  running(id: string): RunningJob | undefined {
    return [...this.#running.values()].find((running) => running.id === id);
  }

  /** Starts running jobs; before, they are only queued. */
  open(): void {
    this.#isOpen = true;
    this.dispatch();
  }

  /**
   * Gives each free host the first job that it can run; to be called when a job was queued. Never throws: jobs that
   * cannot start because nothing can be written are tried again.
   */
  dispatch(): void {
    if (!this.#isOpen) return;
    try {
      this.#dispatch();
      this.#startProblem = '';
    } catch (error) {
      this.#storageTimer ??= setTimeout(() => {
        this.#storageTimer = undefined;
        this.dispatch();
      }, storageRetryMs).unref();
      if (this.#startProblem !== messageOf(error)) this.#settings.onError(error);
      this.#startProblem = messageOf(error);
    }
  }

  /** Not at once: a job may end while the others of the queue are given to hosts, and they would start twice. */
  #dispatchSoon(): void {
    queueMicrotask(() => this.dispatch());
  }

  #dispatch(): void {
    const { store, hosts: pool } = this.#settings;
    const awaited = new Map<string, readonly string[]>();
    for (const job of store.queued()) {
      const { id, kind, hosts } = job;
      const able = this.#hostsFor(job);
      if (kind === 'render') this.#startRender(job);
      else if (able.length === 0)
        this.#end(id, 'failed', hostsRemoved((hosts ?? []).filter((name) => !pool.get(name))));
      else if (pool.unavailable(able).length === able.length) awaited.set(id, able);
      else this.#startOnFreeHost(job, able);
    }
    this.#setAwaitedHosts(awaited);
    this.#retryLater();
  }

  #withPresentState(stored: StoredJob): Job {
    const { id } = stored;
    // A lock is usually gone soon: until then the job runs, as what it has made is not written either.
    const ending = this.#settings.database.problem === 'locked' ? undefined : this.#unwritten.get(id);
    const state = ending?.state ?? stored.state;
    return {
      ...stored,
      ...ending,
      waitsFor: state === 'queued' ? [...(this.#awaitedHosts.get(id) ?? [])] : [],
      progress: this.running(id)?.progress ?? null,
      animations: this.#settings.library.ofJob(id),
    };
  }

  /** Names of the hosts that may still run a job. */
  #hostsFor({ id, hosts }: QueuedJob): readonly string[] {
    const { hosts: pool } = this.#settings;
    const names = hosts ?? pool.members.map(({ name }) => name);
    const failed = this.#failedStarts.get(id) ?? [];
    return names.filter((name) => pool.get(name) && failed.filter((other) => other === name).length < maxFailedStarts);
  }

  #setAwaitedHosts(awaited: ReadonlyMap<string, readonly string[]>): void {
    const before = this.#awaitedHosts;
    this.#awaitedHosts = awaited;
    for (const { id } of this.#settings.store.queued()) {
      if (String(before.get(id)) !== String(awaited.get(id))) this.#notify('moved', id);
    }
  }

  /** Asks unavailable hosts again later if a queued job could use them, even if another host can run it too. */
  #retryLater(): void {
    const { hosts: pool, onError } = this.#settings;
    if (this.#missingHosts().length === 0) return;
    this.#retryTimer ??= setTimeout(() => this.#retry().catch(onError), pool.retryAfterMs).unref();
  }

  async #retry(): Promise<void> {
    await this.#settings.hosts.retry(this.#missingHosts());
    this.#retryTimer = undefined;
    this.dispatch();
  }

  /** Names of the unavailable hosts that could run a queued job. */
  #missingHosts(): readonly string[] {
    const { store, hosts: pool } = this.#settings;
    const generating = store.queued().filter(({ kind }) => kind !== 'render');
    return pool.unavailable(generating.flatMap((job) => this.#hostsFor(job)));
  }

  #startOnFreeHost(job: QueuedJob, able: readonly string[]): void {
    const host = this.#settings.hosts.firstFree(able, (name) => this.#running.has(name));
    if (host) this.#start(job, host.name, host);
  }

  #startRender(job: QueuedJob): void {
    const embedded = this.#settings.hosts.members.find(({ kind }) => kind === 'embedded');
    const lane = embedded?.name ?? '';
    if (!this.#running.has(lane)) this.#start(job, lane, null);
  }

  /** @param lane key in `#running` */
  #start(queued: QueuedJob, lane: string, host: PooledHost | null): void {
    const { id } = queued;
    const { store, files, library, database, outdir, emit, onError } = this.#settings;
    // A job that could not record what it makes waits; so does one that would fail at once.
    if (database.problem) throw new StorageError(database.problem, outdir);
    checkFreeSpace(outdir);
    store.start(id, host?.name ?? null);
    const notify = (type: JobEventType) => this.#notify(type, id);
    const record: Database['eventually'] = (...change) => database.eventually(...change);
    const running = new RunningJob({ job: this.#find(id), store, files, library, record, emit, notify });
    this.#running.set(lane, running);
    this.#notify('started', id);
    const work = this.#perform(queued, lane, running, host)
      .catch(onError)
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #perform(queued: QueuedJob, lane: string, running: RunningJob, host: PooledHost | null): Promise<void> {
    try {
      const failure = await this.#run(running, host?.host);
      this.#running.delete(lane);
      this.#conclude(queued, running, host, failure);
      await this.#settings.afterJob();
    } finally {
      this.dispatch();
    }
  }

  /** @returns what went wrong; undefined if nothing did */
  async #run(running: RunningJob, host: Host | undefined): Promise<unknown> {
    const { store, files, outdir } = this.#settings;
    const { id, signal, skips } = running;
    const onEvent = (event: RunEvent) => running.take(event);
    try {
      const { options } = this.#find(id);
      if (host) {
        const { animation, img2img } = options;
        const request = await this.#requestOf(id, options);
        await animate({
          host,
          request,
          animation,
          tab: img2img ? 'img2img' : 'txt2img',
          outdir,
          onEvent,
          signal,
          skips,
        });
      } else await renderJob({ options, store, files, outdir, onEvent, signal });
      running.throwFailure();
    } catch (failure) {
      return failure;
    }
  }

  async #requestOf(id: string, { generation, img2img }: JobOptions): Promise<GenerationRequest> {
    if (!img2img) return { ...generation };
    const pictures = await decodeStart(await this.#settings.files.readStart(id));
    return { ...generation, start: { ...img2img, ...pictures } };
  }

  #conclude(queued: QueuedJob, running: RunningJob, host: PooledHost | null, failure: unknown): void {
    const { id } = queued;
    const problem = messageOf(failure);
    // A host that fails after the start is found to be unavailable by the next job.
    if (host && !running.hasStarted && isUnreachable(failure)) {
      host.markUnavailable(problem);
      this.#failedStarts.set(id, [...(this.#failedStarts.get(id) ?? []), host.name]);
      if (!running.signal.aborted && this.#hostsFor(queued).length > 0) {
        this.#requeue(id, host.name, problem);
        return;
      }
    }
    if (failure === undefined || isInterruption(failure))
      this.#end(id, running.isComplete ? 'finished' : 'interrupted');
    else this.#end(id, 'failed', failure);
  }

  /** Lets another host run a job that could not start, or the same one when it is available again. */
  #requeue(id: string, host: string, problem: string): void {
    const { store, database } = this.#settings;
    const note = `The host ${host} could not be reached when the job was to start: ${problem}`;
    database.eventually(
      () => {
        store.requeue(id);
        store.addNote(id, note);
      },
      () => {
        this.#notify('queued', id);
        this.#dispatchSoon();
      },
    );
  }

  /** To be called when a queued job is deleted. */
  forget(id: string): void {
    this.#failedStarts.delete(id);
  }

  /** Ends a job. While the disk is full, it is shown as ended all the same. */
  #end(id: string, state: JobState, failure?: unknown): void {
    this.forget(id);
    const { store, database, outdir } = this.#settings;
    const ending = { state, endedAt: Date.now(), ...errorOf(failure, outdir) };
    this.#unwritten.set(id, ending);
    database.eventually(
      () => store.end(id, ending),
      () => {
        this.#unwritten.delete(id);
        this.#notify('ended', id);
        this.#dispatchSoon();
      },
    );
    // It may take long until there is room.
    if (database.problem === 'full') this.#notify('ended', id);
  }

  #notify(type: JobEventType, id: string): void {
    this.#settings.emit({ type, job: this.#find(id) });
  }

  #find(id: string): Job {
    const job = this.job(id);
    if (!job) throw noJob(id);
    return job;
  }

  /** Stops what is running, and waits until its files are complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#storageTimer);
    for (const running of this.#running.values()) running.stop();
    await Promise.all(this.#work);
  }
}

type JobEventType = Extract<JobEvent, { job: Job }>['type'];

export function noJob(id: string): StepsAnimationError {
  return new StepsAnimationError('usage', `There is no job ${JSON.stringify(id)}.`);
}

function isInterruption(failure: unknown): boolean {
  return failure instanceof StepsAnimationError && failure.code === 'interrupted';
}

/** The error of a failed job; that of a full disk names the remedy. */
function errorOf(failure: unknown, outdir: string): Pick<StoredJob, 'error' | 'errorCode'> {
  if (failure === undefined) return { error: null, errorCode: null };
  const isBare = !(failure instanceof StepsAnimationError) && storageProblemOf(failure) === 'full';
  const error = isBare ? new StorageError('full', outdir, failure) : failure;
  return { error: messageOf(error), errorCode: error instanceof StepsAnimationError ? error.code : null };
}

/** Without a code: it is no error of the request. */
function hostsRemoved(hosts: readonly string[]): Error {
  return new Error(
    `The host ${hosts.join(' or ')} was removed from the service: add it again, or choose another model.`,
  );
}
