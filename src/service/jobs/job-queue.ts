import type { Database } from '../database.js';

/**
 * Jobs with the same needs wait in the same lane, and only the first of them can start next. A lane is named by the hosts
 * that can run its jobs; that without a host is for renders.
 */
export type Lane = readonly string[];

/** A job that a host has taken out of the queue to run it. */
export type Claim = {
  readonly id: string;
  readonly lane: Lane;
  /** how often the job was started, this time included; a start that was released does not count */
  readonly attempt: number;
};

type WaitingJob = { readonly id: string; readonly position: number };

/** Distance between the positions of two jobs that are appended: so many others fit between them. */
const positionGap = 2 ** 20;

/**
 * The queue, in the database. A job's position says where it stands among the others: the lowest is the next. Positions
 * have gaps, so that no other job changes when one comes, starts, moves or ends. A running job keeps its position, to
 * which it returns when it could not start or the service was killed.
 *
 * Statements name the index that they use: what they cost does not depend on how many jobs wait. Only places are
 * counted, in an index.
 */
export class JobQueue {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The lanes in which jobs wait. */
  lanes(): Lane[] {
    const least = "select min(hosts) from jobs indexed by jobs_by_lane where state = 'queued'";
    const rows = this.#database.all<{ hosts: string }>(
      `with recursive lanes (hosts) as (
         select (${least}) union all select (${least} and hosts > lanes.hosts) from lanes where hosts is not null)
       select hosts from lanes where hosts is not null`,
    );
    return rows.map(({ hosts }) => JSON.parse(hosts));
  }

  /** The job of a lane that is next; undefined if none waits there. */
  first(lane: Lane): WaitingJob | undefined {
    return this.#waiting(lane, 1)[0];
  }

  /** The jobs of a lane, the next first. */
  ids(lane: Lane): string[] {
    return this.#waiting(lane, -1).map(({ id }) => id);
  }

  /** @param limit -1 for all */
  #waiting(lane: Lane, limit: number): WaitingJob[] {
    return this.#database.all(
      `select id, position from jobs indexed by jobs_by_lane
       where state = 'queued' and hosts = :hosts order by position limit :limit`,
      { hosts: JSON.stringify(lane), limit },
    );
  }

  count(): number {
    const row = this.#database.first<{ count: number }>(
      `select count(*) as count from jobs indexed by jobs_by_position where position is not null and state = 'queued'`,
    );
    return row?.count ?? 0;
  }

  /**
   * Takes the next job of some lanes out of the queue.
   * @param host name of the host that runs it; renders run without
   * @returns undefined if no job waits in these lanes
   */
  claim(lanes: readonly Lane[], host: string): Claim | undefined {
    const firsts = lanes.flatMap((lane) => ({ lane, job: this.first(lane) }));
    const [next] = firsts.flatMap(({ lane, job }) => (job ? { lane, ...job } : [])).sort(byPosition);
    if (!next) return undefined;
    const { id, lane } = next;
    const [claimed] = this.#database.all<{ attempt: number }>(
      `update jobs set state = 'running', started_at = :now, host = :host, attempt = attempt + 1 where id = :id
       returning attempt`,
      { id, now: Date.now(), host: lane.length === 0 ? null : host },
    );
    return claimed && { id, lane, attempt: claimed.attempt };
  }

  /** Puts a job that could not start back to its place. @param lane in which it waits from now on */
  release(id: string, lane: Lane): void {
    this.#return(id);
    this.#database.run('update jobs set hosts = :hosts, attempt = attempt - 1 where id = :id', {
      ...{ id, hosts: JSON.stringify(lane) },
    });
  }

  /**
   * Puts the jobs that were running when the service was killed back to their places.
   * @param maxAttempts jobs that were started so often are left out
   * @returns their ids
   */
  takeUp(maxAttempts: number): string[] {
    const jobs = this.#database.all<{ id: string }>(
      "select id from jobs where state = 'running' and not is_stopping and attempt < :maxAttempts",
      { maxAttempts },
    );
    for (const { id } of jobs) this.#return(id);
    return jobs.map(({ id }) => id);
  }

  #return(id: string): void {
    this.#database.run("update jobs set state = 'queued', started_at = null, host = null where id = :id", { id });
  }

  /** The position of a job that is appended. */
  get end(): number {
    return this.#outermost('max') + positionGap;
  }

  /**
   * Moves a queued job.
   * @param place from 1; places beyond the end mean the end
   */
  move(id: string, place: number): void {
    this.#database.transaction(() => {
      let position = this.#positionAt(place, id);
      if (position === undefined) {
        this.#spread();
        position = this.#positionAt(place, id);
      }
      this.#database.run('update jobs set position = :position where id = :id', { id, position: position ?? this.end });
    });
  }

  /** The places of queued jobs by their positions: 1 for the next job. */
  places(positions: readonly number[]): ReadonlyMap<number, number> {
    const places = new Map<number, number>();
    let [place, last] = [0, Number.MIN_SAFE_INTEGER];
    for (const position of positions.toSorted((a, b) => a - b)) {
      const row = this.#database.first<{ count: number }>(
        `select count(*) as count from jobs indexed by jobs_by_position
         where position > :last and position <= :position and state = 'queued'`,
        { last, position },
      );
      place += row?.count ?? 0;
      last = position;
      places.set(position, place);
    }
    return places;
  }

  /** A position for a job among the others, which none has; undefined if there is no room between two of them. */
  #positionAt(place: number, id: string): number | undefined {
    if (place <= 1) return this.#outermost('min') - positionGap;
    const before = this.#database.first<{ position: number }>(
      `select position from jobs indexed by jobs_by_position
       where position is not null and state = 'queued' and position <> (select position from jobs where id = :id)
       order by position limit 1 offset :offset`,
      { id, offset: place - 2 },
    )?.position;
    const after = before === undefined ? null : this.#following(before);
    if (before === undefined || after === null) return this.end;
    const middle = Math.floor((before + after) / 2);
    return middle > before ? middle : undefined;
  }

  /** The next higher position, also that of a running job; null if there is none. */
  #following(position: number): number | null {
    const row = this.#database.first<{ next: number | null }>(
      'select min(position) as next from jobs indexed by jobs_by_position where position > :position',
      { position },
    );
    return row?.next ?? null;
  }

  /** The lowest or highest position, also that of a running job; 0 if there are none. */
  #outermost(which: 'min' | 'max'): number {
    const row = this.#database.first<{ position: number | null }>(
      `select ${which}(position) as position from jobs indexed by jobs_by_position where position is not null`,
    );
    return row?.position ?? 0;
  }

  /** Makes room between all jobs again. */
  #spread(): void {
    this.#database.run(
      `update jobs set position = ranked.place * ${positionGap}
       from (select id, row_number() over (order by position) as place from jobs where position is not null) as ranked
       where jobs.id = ranked.id`,
    );
  }
}

function byPosition(a: { readonly position: number }, b: { readonly position: number }): number {
  return a.position - b.position;
}
