import { randomBytes } from 'node:crypto';
import type { Job, JobService } from '../job.js';

/** Tasks remembered at most: those of ended jobs are asked for only shortly after. */
const mostTasks = 1000;

/** The web UIs' names of what a client has asked for, and the jobs that stand for them. */
export class Tasks {
  readonly #service: JobService;
  readonly #jobs = new Map<string, string>();

  constructor(service: JobService) {
    this.#service = service;
  }

  /** Notes a job under the name that its client gave it, or else under one of our own. */
  add(name: string | null, { id, kind }: Job): string {
    const task = name || `task(${kind}-${randomBytes(4).toString('hex').slice(0, 7).toUpperCase()})`;
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size >= mostTasks && oldest !== undefined) this.#jobs.delete(oldest);
    this.#jobs.set(task, id);
    return task;
  }

  /** The job of a task; a job's own id is one too. */
  job(task: string): Job | undefined {
    return this.#service.get(this.#jobs.get(task) ?? task);
  }

  /** The tasks that wait, the next first. */
  pending(): string[] {
    const names = new Map([...this.#jobs].map(([task, job]) => [job, task]));
    return this.#service.list({ state: 'queued', limit: mostTasks }).map(({ id }) => names.get(id) ?? id);
  }
}
