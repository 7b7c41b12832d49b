/** How often a job may find a host away when it is to begin there: one that falls over it would do so for ever. */
const mostTries = 3;

/** Counts how often jobs could not begin on a host because it was away. */
export class HostTries {
  /** by the ids of jobs, then by the names of hosts */
  readonly #counts = new Map<string, Map<string, number>>();

  add(job: string, host: string): void {
    const counts = this.#counts.get(job) ?? new Map<string, number>();
    this.#counts.set(job, counts.set(host, (counts.get(host) ?? 0) + 1));
  }

  areSpent(job: string, host: string): boolean {
    return (this.#counts.get(job)?.get(host) ?? 0) >= mostTries;
  }

  /** To be called when a job waits no longer. */
  forget(job: string): void {
    this.#counts.delete(job);
  }
}
