import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunEvent } from '../../app/events.js';
import { StepsAnimationError } from '../../errors.js';
import type { Host } from '../../hosts/host.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import { messageOf } from '../../util/error-message.js';
import { withinTime } from '../../util/with-timeout.js';
import type { Database } from '../database.js';
import type { HostPool } from '../hosts/host-pool.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import type { Job, JobEvent, JobQuery, JobState, StoredJob } from '../job.js';
import type { Library } from '../library/library.js';
import { checkFreeSpace, StorageError, storageProblemOf } from '../storage.js';
import { generateJob } from './generate-job.js';
import type { JobFiles } from './job-files.js';
import type { Claim, Lane } from './job-queue.js';
import type { JobStore } from './job-store.js';
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
/** How long the service waits, when it stops, until its jobs have ended: one that hangs counts as one of a killed service. */
const stopTimeoutMs = 6000;

/** How many jobs are reported at once when they wait for other hosts than before. */
const maxNotifiedAtOnce = 100;

/** What runs one job at a time. Renders have the embedded host's, as they use the same machine, or one without a host. */
type Slot = {
  /** key in `#running`: the name of the host; empty without one */
  readonly name: string;
  readonly host: PooledHost | null;
  readonly takes: (lane: Lane) => boolean;
};

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
  /** by lane: names of its hosts, if all of them are unavailable */
  #awaitedHosts: ReadonlyMap<string, string> = new Map();
  /** by job: how it ended, as long as the database could not be written */
  readonly #unwritten = new Map<string, Ending>();
  #dispatching: NodeJS.Immediate | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #storageTimer: NodeJS.Timeout | undefined;
  /** why jobs could not start the last time */
  #startProblem = '';
  #isOpen = false;
  /** whether what still runs is no longer waited for, and the database may be closed */
  #isClosed = false;

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
   * cannot start because nothing can be written are tried again. It takes as long for a long queue as for a short one.
   */
  dispatch(): void {
    if (!this.#isOpen) return;
    const { database, onError } = this.#settings;
    try {
      // A job that could not record what it makes waits.
      if (database.problem) this.#dispatchLater();
      else this.#dispatch();
      this.#startProblem = '';
    } catch (error) {
      this.#dispatchLater();
      if (this.#startProblem !== messageOf(error)) onError(error);
      this.#startProblem = messageOf(error);
    }
  }

  #dispatchLater(): void {
    this.#storageTimer ??= setTimeout(() => {
      this.#storageTimer = undefined;
      this.dispatch();
    }, storageRetryMs).unref();
  }

  /** Not at once: a job may end while others are given to hosts, and when many end, requests are answered in between. */
  #dispatchSoon(): void {
    this.#dispatching ??= setImmediate(() => {
      this.#dispatching = undefined;
      this.dispatch();
    });
  }

  #dispatch(): void {
    const lanes = this.#settings.store.queue.lanes();
    for (const lane of lanes) if (this.#isAbandoned(lane)) this.#failFirst(lane);
    for (const slot of this.#freeSlots()) this.#fill(slot, lanes.filter(slot.takes));
    this.#noteAwaitedHosts(lanes);
    this.#retryLater(lanes);
  }

  /** What can run another job now, preferred hosts first. */
  #freeSlots(): readonly Slot[] {
    const { members } = this.#settings.hosts;
    const renderer = members.find(({ kind }) => kind === 'embedded');
    const slots = members.map((host): Slot => {
      const takesRenders = host === renderer;
      const takes = (lane: Lane) => (lane.length === 0 ? takesRenders : host.isAvailable && lane.includes(host.name));
      return { name: host.name, host, takes };
    });
    if (!renderer) slots.push({ name: '', host: null, takes: (lane) => lane.length === 0 });
    return slots.filter(({ name }) => !this.#running.has(name));
  }

  /** Starts the first job of some lanes, if one waits there. */
  #fill(slot: Slot, lanes: readonly Lane[]): void {
    if (lanes.length === 0) return;
    checkFreeSpace(this.#settings.outdir);
    const claim = this.#settings.store.queue.claim(lanes, slot.name);
    if (claim) this.#start(claim, slot);
  }

  /** Whether all hosts have been removed that could run the jobs of a lane. */
  #isAbandoned(lane: Lane): boolean {
    return lane.length > 0 && !lane.some((name) => this.#settings.hosts.get(name));
  }

  /** Ends the first job of a lane whose hosts have been removed; its end leads to the next. */
  #failFirst(lane: Lane): void {
    const job = this.#settings.store.queue.first(lane);
    if (job) this.#end(job.id, 'failed', hostsRemoved(lane));
  }

  #withPresentState(stored: StoredJob): Job {
    const { id } = stored;
    // A lock is usually gone soon: until then the job runs, as what it has made is not written either.
    const ending = this.#settings.database.problem === 'locked' ? undefined : this.#unwritten.get(id);
    const state = ending?.state ?? stored.state;
    return {
      ...stored,
      ...ending,
      waitsFor: state === 'queued' ? [...this.#awaitedBy(stored.hosts)] : [],
      progress: this.running(id)?.progress ?? null,
      animations: this.#settings.library.ofJob(id),
    };
  }

  /** Names of the hosts of a lane that have not been removed, if all of them are unavailable. */
  #awaitedBy(lane: Lane): readonly string[] {
    const { hosts: pool } = this.#settings;
    const able = lane.filter((name) => pool.get(name));
    return pool.unavailable(able).length === able.length ? able : [];
  }

  /** Reports the jobs that wait for other hosts than before. */
  #noteAwaitedHosts(lanes: readonly Lane[]): void {
    const before = this.#awaitedHosts;
    const awaited = new Map(lanes.map((lane) => [String(lane), String(this.#awaitedBy(lane))]));
    this.#awaitedHosts = awaited;
    for (const lane of lanes) {
      const hasChanged = awaited.get(String(lane)) !== (before.get(String(lane)) ?? '');
      if (hasChanged) this.#notifyAll(lane).catch(this.#settings.onError);
    }
  }

  /** Reports the jobs of a lane, of which there may be many: requests are answered in between. */
  async #notifyAll(lane: Lane): Promise<void> {
    const { store } = this.#settings;
    for (const [index, id] of store.queue.ids(lane).entries()) {
      if (index % maxNotifiedAtOnce === maxNotifiedAtOnce - 1) await nextTurn();
      if (!this.#isOpen) return;
      if (store.has(id)) this.#notify('moved', id);
    }
  }

  /** Asks unavailable hosts again later if a queued job could use them, even if another host can run it too. */
  #retryLater(lanes: readonly Lane[]): void {
    const { hosts: pool, onError } = this.#settings;
    if (pool.unavailable(lanes.flat()).length === 0) return;
    this.#retryTimer ??= setTimeout(() => this.#retry().catch(onError), pool.retryAfterMs).unref();
  }

  async #retry(): Promise<void> {
    const { store, hosts: pool } = this.#settings;
    await pool.retry(pool.unavailable(store.queue.lanes().flat()));
    this.#retryTimer = undefined;
    this.dispatch();
  }

  #start(claim: Claim, slot: Slot): void {
    const { id } = claim;
    const { store, files, library, database, emit, onError } = this.#settings;
    const notify = (type: JobEventType) => this.#notify(type, id);
    const record: Database['eventually'] = (...change) => {
      if (!this.#isClosed) database.eventually(...change);
    };
    const running = new RunningJob({ job: this.#find(id), store, files, library, record, emit, notify });
    this.#running.set(slot.name, running);
    this.#notify('started', id);
    const work = this.#perform(claim, slot, running)
      .catch(onError)
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #perform(claim: Claim, { name, host }: Slot, running: RunningJob): Promise<void> {
    const generating = claim.lane.length > 0 ? host : null;
    try {
      const failure = await this.#run(running, generating?.host);
      if (this.#isClosed) return;
      this.#running.delete(name);
      this.#conclude(claim, running, generating, failure);
      await this.#settings.afterJob();
    } finally {
      this.dispatch();
    }
  }

  /** @returns what went wrong; undefined if nothing did */
  async #run(running: RunningJob, host: Host | undefined): Promise<unknown> {
    const { store, files, library, outdir } = this.#settings;
    const { id, signal } = running;
    const onEvent = (event: RunEvent) => running.take(event);
    try {
      const job = this.#find(id);
      if (host) await generateJob({ job, running, host, store, files, library, outdir });
      else await renderJob({ options: job.options, store, files, outdir, onEvent, signal });
      running.throwFailure();
    } catch (failure) {
      return failure;
    }
  }

  #conclude(claim: Claim, running: RunningJob, host: PooledHost | null, failure: unknown): void {
    const problem = messageOf(failure);
    // A host that fails after the start is found to be unavailable by the next job.
    if (host && !running.hasStarted && isUnreachable(failure)) {
      host.markUnavailable(problem);
      const lane = this.#laneAfterFailedStart(claim, host.name);
      if (!running.signal.aborted && lane.length > 0) {
        this.#release(claim.id, lane, host.name, problem);
        return;
      }
    }
    if (failure === undefined || isInterruption(failure))
      this.#end(claim.id, running.isComplete ? 'finished' : 'interrupted');
    else this.#end(claim.id, 'failed', failure);
  }

  /** The hosts that may still run a job which one of them could not start. */
  #laneAfterFailedStart({ id, lane }: Claim, host: string): Lane {
    const failed = [...(this.#failedStarts.get(id) ?? []), host];
    this.#failedStarts.set(id, failed);
    const { hosts: pool } = this.#settings;
    return lane.filter((name) => pool.get(name) && failed.filter((other) => other === name).length < maxFailedStarts);
  }

  /** Lets another host run a job that could not start, or the same one when it is available again. */
  #release(id: string, lane: Lane, host: string, problem: string): void {
    const { store, database } = this.#settings;
    const note = `The host ${host} could not be reached when the job was to start: ${problem}`;
    database.eventually(
      () => {
        store.queue.release(id, lane);
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

  /** Stops what is running, and waits until its files are complete, but not longer than 6 s. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#storageTimer);
    for (const running of this.#running.values()) running.stop();
    await withinTime(Promise.all(this.#work), stopTimeoutMs);
    this.#isClosed = true;
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
