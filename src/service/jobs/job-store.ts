import type { ErrorCode } from '../../errors.js';
import type { Database } from '../database.js';
import type { Job, JobAnimation, JobImage, JobProgress, JobState } from '../job.js';
import type { StoredPaths } from '../stored-paths.js';

type JobRow = {
  readonly id: string;
  readonly kind: Job['kind'];
  readonly state: JobState;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly position: number | null;
  readonly options: string;
  readonly notes: string;
  readonly error: string | null;
  readonly error_code: ErrorCode | null;
  readonly host: string | null;
};

type ImageRow = Omit<JobImage, 'steps' | 'index'> & { readonly image: number };

/** A step's picture that is kept: `file` is its path below the job's folder. */
export type KeptStep = { readonly image: number; readonly step: number; readonly file: string; readonly bytes: number };

/** A job of the queue, and the names of the hosts that can do it; null for what needs none, or where none were noted. */
export type QueuedJob = {
  readonly id: string;
  readonly kind: Job['kind'];
  readonly hosts: readonly string[] | null;
};

export type JobFilter = { readonly state?: JobState; readonly limit?: number; readonly offset?: number };

/** Whose pictures of steps take how much room. */
type KeptJob = { readonly id: string; readonly bytes: number };

const mostListed = 100;
const killed = 'The service ended while this job was running: render the steps that are kept, or run it again.';

/** Jobs in the database: what was asked for, the queue, and what has come of it. */
export class JobStore {
  readonly #database: Database;
  readonly #paths: StoredPaths;
  readonly #animationsOf: (job: string) => readonly JobAnimation[];
  readonly #progressOf: (job: string) => JobProgress | null;
  readonly #waitsFor: (job: string) => readonly string[];

  /**
   * @param animationsOf what the library has of a job
   * @param progressOf how far a running job has come, which changes too often for the database
   * @param waitsFor which hosts that are away a queued job waits for
   */
  constructor(
    database: Database,
    paths: StoredPaths,
    animationsOf: (job: string) => readonly JobAnimation[],
    progressOf: (job: string) => JobProgress | null,
    waitsFor: (job: string) => readonly string[],
  ) {
    this.#database = database;
    this.#paths = paths;
    this.#animationsOf = animationsOf;
    this.#progressOf = progressOf;
    this.#waitsFor = waitsFor;
  }

  /** Puts a new job at the end of the queue. */
  add(id: string, kind: Job['kind'], options: Job['options'], hosts: readonly string[] | null): void {
    this.#database.run(
      `insert into jobs (id, kind, state, created_at, position, options, hosts)
       values (:id, :kind, 'queued', :now, (select coalesce(max(position), 0) + 1 from jobs), :options, :hosts)`,
      { id, kind, now: Date.now(), options: JSON.stringify(options), hosts: hosts && JSON.stringify(hosts) },
    );
  }

  get(id: string): Job | undefined {
    const row = this.#database.first<JobRow>('select * from jobs where id = :id', { id });
    return row && this.#toJob(row);
  }

  /** The newest first; queued ones in the order of the queue when only they are wanted. */
  list({ state, limit = mostListed, offset = 0 }: JobFilter): Job[] {
    const rows = this.#database.all<JobRow>(
      `select * from jobs where :state is null or state = :state
       order by ${state === 'queued' ? 'position' : 'created_at desc, rowid desc'} limit :limit offset :offset`,
      { state: state ?? null, limit, offset },
    );
    return rows.map((row) => this.#toJob(row));
  }

  /** The queue in its order. */
  queued(): QueuedJob[] {
    const rows = this.#database.all<Pick<JobRow, 'id' | 'kind'> & { hosts: string | null }>(
      "select id, kind, hosts from jobs where state = 'queued' order by position",
    );
    return rows.map(({ hosts, ...job }) => ({
      ...job,
      hosts: hosts === null ? null : (JSON.parse(hosts) as string[]),
    }));
  }

  /** @param host name of the one that does it; null for what needs none */
  start(id: string, host: string | null): void {
    this.#database.transaction(() => {
      this.#database.run(
        `update jobs set state = 'running', started_at = :now, position = null, host = :host where id = :id`,
        { id, host, now: Date.now() },
      );
      this.#number(this.#queue());
    });
  }

  /** Puts a job that could not begin back to the head of the queue. */
  requeue(id: string): void {
    this.#database.transaction(() => {
      this.#database.run(
        "update jobs set state = 'queued', started_at = null, position = 0, host = null where id = :id",
        { id },
      );
      this.#number(this.#queue());
    });
  }

  end(id: string, state: JobState, error: string | null, errorCode: ErrorCode | null = null): void {
    this.#database.transaction(() => {
      this.#database.run(
        `update jobs set state = :state, ended_at = :now, position = null, error = :error, error_code = :errorCode
         where id = :id`,
        { id, state, error, errorCode, now: Date.now() },
      );
      this.#number(this.#queue());
    });
  }

  /** Jobs of a service that was killed. @returns their ids */
  interruptRunning(): string[] {
    const running = this.#database.all<{ id: string }>("select id from jobs where state = 'running'");
    for (const { id } of running) this.end(id, 'interrupted', killed);
    return running.map(({ id }) => id);
  }

  /** Moves a queued job to a place of the queue, from 1; beyond the last place is the last. */
  move(id: string, position: number): void {
    this.#database.transaction(() => {
      const others = this.#queue().filter((other) => other !== id);
      this.#number(others.toSpliced(position - 1, 0, id));
    });
  }

  delete(id: string): void {
    this.#database.transaction(() => {
      this.#database.run('delete from jobs where id = :id', { id });
      this.#number(this.#queue());
    });
  }

  ids(): string[] {
    return this.#database.all<{ id: string }>('select id from jobs').map(({ id }) => id);
  }

  addNote(id: string, note: string): void {
    this.#database.run("update jobs set notes = json_insert(notes, '$[#]', :note) where id = :id", { id, note });
  }

  addImages(id: string, images: readonly Omit<JobImage, 'path' | 'steps'>[]): void {
    this.#database.transaction(() => {
      for (const { index, seed, width, height, infotext } of images) {
        this.#database.run(
          `insert into images (job, image, seed, width, height, infotext)
           values (:id, :index, :seed, :width, :height, :infotext)`,
          { id, index, seed, width, height, infotext },
        );
      }
    });
  }

  /** @param lastStep number of the step that the finished image shows */
  finishImage(
    id: string,
    image: { index: number; path: string; width: number; height: number },
    lastStep: number,
  ): void {
    const { index, path, width, height } = image;
    this.#database.run(
      `update images set path = :path, width = :width, height = :height, last_step = :lastStep
       where job = :id and image = :index`,
      { id, index, path: this.#paths.toStored(path), width, height, lastStep },
    );
  }

  /** Number of the step that a finished image shows; undefined where there is none. */
  lastStep(id: string, image: number): number | undefined {
    const row = this.#database.first<{ last_step: number | null }>(
      'select last_step from images where job = :id and image = :image',
      { id, image },
    );
    return row?.last_step ?? undefined;
  }

  addStep(id: string, { image, step, file, bytes }: KeptStep): void {
    this.#database.run('insert or replace into steps values (:id, :image, :step, :file, :bytes)', {
      ...{ id, image, step, file, bytes },
    });
  }

  /** The kept steps of an image, in their order. */
  steps(id: string, image: number): KeptStep[] {
    return this.#database.all<KeptStep>(
      'select image, step, file, bytes from steps where job = :id and image = :image order by step',
      { id, image },
    );
  }

  forgetSteps(id: string): void {
    this.#database.run('delete from steps where job = :id', { id });
  }

  /** Jobs that have ended and have kept steps, the last one to end first, but those whose steps queued jobs need. */
  jobsWithSteps(): KeptJob[] {
    return this.#database.all<KeptJob>(
      `select id, sum(bytes) as bytes from jobs join steps on job = id
       where state not in ('queued', 'running') and id not in (
         select options ->> 'of' from jobs where state in ('queued', 'running') and options ->> 'of' is not null)
       group by id order by ended_at desc, jobs.rowid desc`,
    );
  }

  #queue(): string[] {
    const rows = this.#database.all<{ id: string }>("select id from jobs where state = 'queued' order by position");
    return rows.map(({ id }) => id);
  }

  #number(queue: readonly string[]): void {
    for (const [index, id] of queue.entries()) {
      this.#database.run('update jobs set position = :position where id = :id', { id, position: index + 1 });
    }
  }

  #toJob(row: JobRow): Job {
    const { id, kind, state, position, error, host } = row;
    return {
      ...{ id, kind, state, position, error, errorCode: row.error_code, host },
      ...{ createdAt: row.created_at, startedAt: row.started_at, endedAt: row.ended_at },
      options: JSON.parse(row.options) as Job['options'],
      progress: this.#progressOf(id),
      waitsFor: state === 'queued' ? this.#waitsFor(id) : [],
      images: this.#images(id),
      animations: this.#animationsOf(id),
      notes: JSON.parse(row.notes) as string[],
    };
  }

  #images(id: string): JobImage[] {
    const rows = this.#database.all<ImageRow>(
      'select image, seed, width, height, infotext, path from images where job = :id order by image',
      { id },
    );
    const steps = new Map<number, number[]>(rows.map(({ image }) => [image, []]));
    const kept = this.#database.all<Pick<KeptStep, 'image' | 'step'>>(
      'select image, step from steps where job = :id order by step',
      { id },
    );
    for (const { image, step } of kept) steps.get(image)?.push(step);
    return rows.map(({ image, path, ...facts }) => ({
      ...{ index: image, ...facts, path: path && this.#paths.toAbsolute(path) },
      steps: steps.get(image) ?? [],
    }));
  }
}
