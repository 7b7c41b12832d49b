import type { RunEvent } from '../../animate.js';
import { StepsAnimationError } from '../../errors.js';
import type { HostPool } from '../hosts/host-pool.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import type { Job, JobEvent, JobState } from '../job.js';
import type { Library } from '../library/library.js';
import { generateJob } from './generate-job.js';
import type { JobFiles } from './job-files.js';
import type { JobStore } from './job-store.js';
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

/** Gives jobs to hosts: each does one at a time, the first of the queue that it can do. */
export class JobRunner implements AsyncDisposable {
  readonly #settings: JobRunnerSettings;
  /** by the names of their hosts, those that began first coming first */
  readonly #running = new Map<string, RunningJob>();
  readonly #work = new Set<Promise<void>>();
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

  /** To be called when there is a new job; each host that is free gets what it can do. */
  dispatch(): void {
    const { store, hosts: pool } = this.#settings;
    if (!this.#isOpen) return;
    for (const { id, hosts } of store.queued()) {
      if (hosts?.every((name) => !pool.get(name))) this.#end(id, 'failed', gone(hosts));
      const host = pool.free(hosts, (name) => this.#running.has(name));
      if (host) this.#start(id, host);
    }
  }

  #start(id: string, host: PooledHost): void {
    const { store, files, library, emit, afterwards } = this.#settings;
    store.start(id, host.name);
    const running = new RunningJob({ job: this.#job(id), store, files, library, emit });
    this.#running.set(host.name, running);
    this.#tell('started', id);
    const work = this.#run(running, host)
      .then(afterwards)
      .finally(() => {
        this.#work.delete(work);
        this.dispatch();
      });
    this.#work.add(work);
  }

  async #run(running: RunningJob, pooled: PooledHost): Promise<void> {
    const { id, signal, skips } = running;
    const { store, files, outdir } = this.#settings;
    const onEvent = (event: RunEvent) => running.take(event);
    const settings = { job: this.#job(id), store, files, outdir, host: pooled.host, signal, skips, onEvent };
    let failure: unknown;
    try {
      await (settings.job.kind === 'render' ? renderJob(settings) : generateJob(settings));
      running.throwFailure();
    } catch (thrown) {
      failure = thrown;
    }
    this.#running.delete(pooled.name);
    if (isOutOfReach(failure)) {
      pooled.markAway(failure.message);
      if (this.#passOn(running, pooled.name, failure.message)) return;
    }
    if (failure === undefined || wasStopped(failure)) {
      this.#end(id, running.isComplete ? 'finished' : 'interrupted', null);
    } else {
      this.#end(id, 'failed', failure instanceof Error ? failure.message : String(failure));
    }
  }

  /** Lets another host do what one could not begin. @returns whether there is one */
  #passOn({ id, hasBegun, signal }: RunningJob, from: string, problem: string): boolean {
    const { store, hosts } = this.#settings;
    const others = store.hosts(id)?.filter((name) => name !== from && hosts.get(name)) ?? [];
    if (hasBegun || signal.aborted || others.length === 0) return false;
    store.requeue(id, others);
    store.addNote(id, `The host ${from} could not be reached, so another takes the job: ${problem}`);
    this.#tell('queued', id);
    return true;
  }

  #end(id: string, state: JobState, error: string | null): void {
    this.#settings.store.end(id, state, error);
    this.#tell('ended', id);
  }

  #tell(type: 'queued' | 'started' | 'ended', id: string): void {
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
    for (const running of this.#running.values()) running.stop();
    await Promise.all(this.#work);
  }
}

function wasStopped(failure: unknown): boolean {
  return failure instanceof StepsAnimationError && failure.code === 'interrupted';
}

function isOutOfReach(failure: unknown): failure is StepsAnimationError {
  return failure instanceof StepsAnimationError && failure.code === 'network';
}

function gone(hosts: readonly string[]): string {
  return `The service does not have the host ${hosts.join(' or ')} any more: add it again, or ask for another model.`;
}
