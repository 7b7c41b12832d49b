import type { RunEvent } from '../../app/events.js';
import { type ErrorCode, StepsAnimationError } from '../../errors.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import { messageOf } from '../../util/error-message.js';
import type { HostPool } from '../hosts/host-pool.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import type { Job, JobEvent, JobState } from '../job.js';
import type { Library } from '../library/library.js';
import { generateJob } from './generate-job.js';
import { HostTries } from './host-tries.js';
import type { JobFiles } from './job-files.js';
import type { JobStore, QueuedJob } from './job-store.js';
import { renderJob } from './render-job.js';
import { RunningJob } from './running-job.js';

export type JobRunnerSettings = {
  /** absolute */
  readonly outdir: string;
  readonly hosts: HostPool;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly library: Library;
  readonly emit: (event: JobEvent) => void;
  /** called after each job */
  readonly afterwards: () => Promise<void>;
};

/**
 * Gives jobs to hosts: each does one at a time, the first of the queue that it can do. Renders need none, but wait for
 * the embedded one, since they are work for the same machine.
 */
export class JobRunner implements AsyncDisposable {
  readonly #settings: JobRunnerSettings;
  /** by the names of their hosts, those that began first coming first */
  readonly #running = new Map<string, RunningJob>();
  readonly #work = new Set<Promise<void>>();
  readonly #tries = new HostTries();
  /** hosts that queued jobs wait for because all that can do them are away */
  #awaited: ReadonlyMap<string, readonly string[]> = new Map();
  #askingAgain: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(settings: JobRunnerSettings) {
    this.#settings = settings;
    settings.hosts.listen(() => this.dispatch());
  }

  /** the running job that began first */
  get first(): RunningJob | undefined {
    return this.#running.values().next().value;
  }

  get(id: string): RunningJob | undefined {
    return [...this.#running.values()].find((running) => running.id === id);
  }

  /** Begins with what waits; jobs that come before that wait. */
  begin(): void {
    this.#isOpen = true;
    this.dispatch();
  }

  /** Names of the hosts that are away and that a queued job waits for. */
  waitsFor(id: string): readonly string[] {
    return this.#awaited.get(id) ?? [];
  }

  /** To be called when there is a new job; each host that is free gets what it can do. */
  dispatch(): void {
    const { store, hosts: pool } = this.#settings;
    if (!this.#isOpen) return;
    const awaited = new Map<string, readonly string[]>();
    for (const job of store.queued()) {
      const { id, kind, hosts } = job;
      const able = this.#able(job);
      if (kind === 'render') this.#startRender(job);
      else if (able.length === 0) this.#end(id, 'failed', gone((hosts ?? []).filter((name) => !pool.get(name))));
      else if (pool.away(able).length === able.length) awaited.set(id, able);
      else this.#startOnFree(job, able);
    }
    this.#hold(awaited);
    this.#askAgainLater();
  }

  /** Names of the hosts that may still do a job. */
  #able({ id, hosts }: QueuedJob): readonly string[] {
    const { hosts: pool } = this.#settings;
    const names = hosts ?? pool.members.map(({ name }) => name);
    return names.filter((name) => pool.get(name) && !this.#tries.areSpent(id, name));
  }

  /** Lets jobs wait for hosts that are away. */
  #hold(awaited: ReadonlyMap<string, readonly string[]>): void {
    const { store } = this.#settings;
    const before = this.#awaited;
    this.#awaited = awaited;
    for (const { id } of store.queued()) {
      if (String(before.get(id)) !== String(awaited.get(id))) this.#tell('moved', id);
    }
  }

  /** Asks hosts that are away after a while, if a queued job could do with them, even where another will do it. */
  #askAgainLater(): void {
    const { hosts: pool } = this.#settings;
    if (this.#missed().length === 0) return;
    this.#askingAgain ??= setTimeout(async () => {
      await pool.askAgain(this.#missed());
      this.#askingAgain = undefined;
      this.dispatch();
    }, pool.leftAloneFor).unref();
  }

  /** Names of the hosts that are away and could do a queued job. */
  #missed(): readonly string[] {
    const { store, hosts: pool } = this.#settings;
    const waiting = store.queued().filter(({ kind }) => kind !== 'render');
    return pool.away(waiting.flatMap((job) => this.#able(job)));
  }

  #startOnFree(job: QueuedJob, able: readonly string[]): void {
    const host = this.#settings.hosts.free(able, (name) => this.#running.has(name));
    if (host) this.#start(job, host.name, host);
  }

  #startRender(job: QueuedJob): void {
    const embedded = this.#settings.hosts.members.find(({ kind }) => kind === 'embedded');
    const lane = embedded?.name ?? '';
    if (!this.#running.has(lane)) this.#start(job, lane, null);
  }

  /** @param lane what does one job at a time: a host, or, without a name, this machine */
  #start(queued: QueuedJob, lane: string, host: PooledHost | null): void {
    const { id } = queued;
    const { store, files, library, emit, afterwards } = this.#settings;
    store.start(id, host?.name ?? null);
    const running = new RunningJob({ job: this.#job(id), store, files, library, emit });
    this.#running.set(lane, running);
    this.#tell('started', id);
    const work = this.#run(running, host)
      .then((failure) => {
        this.#running.delete(lane);
        this.#conclude(queued, running, host, failure);
      })
      .then(afterwards)
      .finally(() => {
        this.#work.delete(work);
        this.dispatch();
      });
    this.#work.add(work);
  }

  /** @returns what went wrong; undefined if nothing did */
  async #run(running: RunningJob, pooled: PooledHost | null): Promise<unknown> {
    const { store, files, outdir } = this.#settings;
    const { id, signal, skips } = running;
    const onEvent = (event: RunEvent) => running.take(event);
    const settings = { job: this.#job(id), store, files, outdir, signal, skips, onEvent };
    try {
      await (pooled ? generateJob({ ...settings, host: pooled.host }) : renderJob(settings));
      running.throwFailure();
    } catch (failure) {
      return failure;
    }
  }

  #conclude(queued: QueuedJob, running: RunningJob, host: PooledHost | null, failure: unknown): void {
    const { id } = queued;
    const problem = messageOf(failure);
    // A host that goes away later is found to be away by the next job.
    if (host && !running.hasBegun && isUnreachable(failure)) {
      host.markAway(problem);
      this.#tries.add(id, host.name);
      if (!running.signal.aborted && this.#able(queued).length > 0) {
        this.#putBack(id, host.name, problem);
        return;
      }
    }
    if (failure === undefined || wasStopped(failure)) {
      this.#end(id, running.isComplete ? 'finished' : 'interrupted', null);
    } else {
      this.#end(id, 'failed', problem, failure instanceof StepsAnimationError ? failure.code : null);
    }
  }

  /** Lets another host do what one could not begin, or that one when it is back. */
  #putBack(id: string, from: string, problem: string): void {
    const { store } = this.#settings;
    store.requeue(id);
    store.addNote(id, `The host ${from} could not be reached when the job was to begin: ${problem}`);
    this.#tell('queued', id);
  }

  /** Takes a job out of the queue. */
  cancel(id: string): void {
    this.#end(id, 'cancelled', null);
  }

  /** To be called when a queued job is removed. */
  forget(id: string): void {
    this.#tries.forget(id);
  }

  #end(id: string, state: JobState, error: string | null, code: ErrorCode | null = null): void {
    this.#tries.forget(id);
    this.#settings.store.end(id, state, error, code);
    this.#tell('ended', id);
  }

  #tell(type: 'queued' | 'started' | 'moved' | 'ended', id: string): void {
    this.#settings.emit({ type, job: this.#job(id) });
  }

  #job(id: string): Job {
    const job = this.#settings.store.get(id);
    if (!job) throw new StepsAnimationError('usage', `There is no job ${JSON.stringify(id)}.`);
    return job;
  }

  /** Stops what is running, and waits until its files are finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#askingAgain);
    for (const running of this.#running.values()) running.stop();
    await Promise.all(this.#work);
  }
}

function wasStopped(failure: unknown): boolean {
  return failure instanceof StepsAnimationError && failure.code === 'interrupted';
}

function gone(hosts: readonly string[]): string {
  return `The service does not have the host ${hosts.join(' or ')} any more: add it again, or ask for another model.`;
}
