import type { Database } from '../database.js';
import type { JobImage, JobOptions, JobQuery, StoredJob } from '../job.js';

/** `hosts`, `options` and `notes` are JSON. */
type JobRow = Omit<StoredJob, 'options' | 'images' | 'notes'> &
  Readonly<Record<'options' | 'notes', string>> & { readonly hosts: string | null };

/** `steps` are JSON. */
type ImageRow = Omit<JobImage, 'index' | 'steps'> & { readonly image: number; readonly steps: string };

/** The kept picture of a step; `file` is its path below the job's folder. */
export type KeptStep = { readonly image: number; readonly step: number; readonly file: string; readonly bytes: number };

export type NewJob = Pick<StoredJob, 'id' | 'kind' | 'options'> & {
  /** names of the hosts that can run the job; null if it needs none */
  readonly hosts: readonly string[] | null;
};

export type QueuedJob = Omit<NewJob, 'options'>;

const defaultLimit = 100;
const killedMessage = 'The service ended while this job was running: render the steps that are kept, or run it again.';

/** The jobs of a save location: their options, their queue, and what they have made. */
export class JobStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Appends a new job to the queue. */
  add({ id, kind, options, hosts }: NewJob): void {
    this.#database.insert('jobs', {
      ...{ id, kind, state: 'queued', createdAt: Date.now(), position: this.#queue().length + 1 },
      ...{ options: JSON.stringify(options), hosts: hosts && JSON.stringify(hosts) },
    });
  }

  get(id: string): StoredJob | undefined {
    const row = this.#database.first<JobRow>('select * from jobs where id = :id', { id });
    return row && this.#toJob(row);
  }

  /** The newest first; in queue order if only queued jobs are wanted. 100 by default. */
  list({ state, limit = defaultLimit, offset = 0 }: JobQuery): StoredJob[] {
    const rows = this.#database.all<JobRow>(
      `select * from jobs where :state is null or state = :state
       order by ${state === 'queued' ? 'position' : 'created_at desc, rowid desc'} limit :limit offset :offset`,
      { state: state ?? null, limit, offset },
    );
    return rows.map((row) => this.#toJob(row));
  }

  /** All queued jobs in queue order. */
  queued(): QueuedJob[] {
    const rows = this.#database.all<Pick<JobRow, 'id' | 'kind' | 'hosts'>>(
      "select id, kind, hosts from jobs where state = 'queued' order by position",
    );
    return rows.map(({ hosts, ...job }) => ({ ...job, hosts: hosts === null ? null : JSON.parse(hosts) }));
  }

  /** @param host name of the host that runs the job; null if it needs none */
  start(id: string, host: string | null): void {
    this.#changeQueue("state = 'running', started_at = :now, position = null, host = :host", {
      ...{ id, host, now: Date.now() },
    });
  }

  /** Puts a job that could not start back to the front of the queue. */
  requeue(id: string): void {
    this.#changeQueue("state = 'queued', started_at = null, position = 0, host = null", { id });
  }

  end(id: string, ending: Pick<StoredJob, 'state' | 'endedAt' | 'error' | 'errorCode'>): void {
    this.#changeQueue('state = :state, ended_at = :endedAt, position = null, error = :error, error_code = :errorCode', {
      id,
      ...ending,
    });
  }

  /** Ends the jobs that were running when the service was killed. */
  interruptRunning(): void {
    const running = this.#database.all<{ id: string }>("select id from jobs where state = 'running'");
    const ending = { state: 'interrupted', endedAt: Date.now(), error: killedMessage, errorCode: null } as const;
    for (const { id } of running) this.end(id, ending);
  }

  /** Moves a queued job to a position of the queue, from 1; positions beyond the end mean the end. */
  move(id: string, position: number): void {
    this.#database.transaction(() => {
      const others = this.#queue().filter((other) => other !== id);
      this.#renumber(others.toSpliced(position - 1, 0, id));
    });
  }

  delete(id: string): void {
    this.#database.transaction(() => {
      this.#database.run('delete from jobs where id = :id', { id });
      this.#renumber(this.#queue());
    });
  }

  ids(): string[] {
    return this.#database.all<{ id: string }>('select id from jobs').map(({ id }) => id);
  }

  addNote(id: string, note: string): void {
    this.#database.run("update jobs set notes = json_insert(notes, '$[#]', :note) where id = :id", { id, note });
  }

  addImages(job: string, images: readonly Omit<JobImage, 'path' | 'steps'>[]): void {
    this.#database.transaction(() => {
      for (const { index, ...image } of images) this.#database.insert('images', { job, image: index, ...image });
    });
  }

  /** @param lastStep number of the step that the finished image shows */
  finishImage(
    job: string,
    { index, path, width, height }: Pick<JobImage, 'index' | 'width' | 'height'> & { readonly path: string },
    lastStep: number,
  ): void {
    this.#database.run(
      `update images set path = :path, width = :width, height = :height, last_step = :lastStep
       where job = :job and image = :index`,
      { job, index, path: this.#database.toStored(path), width, height, lastStep },
    );
  }

  /** Number of the step that a finished image shows; undefined if it is not finished. */
  lastStep(job: string, image: number): number | undefined {
    const row = this.#database.first<{ lastStep: number | null }>(
      'select last_step from images where job = :job and image = :image',
      { job, image },
    );
    return row?.lastStep ?? undefined;
  }

  addStep(job: string, { image, step, file, bytes }: KeptStep): void {
    const onConflict = 'on conflict (job, image, step) do update set file = excluded.file, bytes = excluded.bytes';
    this.#database.insert('steps', { job, image, step, file, bytes }, onConflict);
  }

  /** The kept steps of an image, in their order. */
  steps(job: string, image: number): KeptStep[] {
    return this.#database.all<KeptStep>(
      'select image, step, file, bytes from steps where job = :job and image = :image order by step',
      { job, image },
    );
  }

  forgetSteps(job: string): void {
    this.#database.run('delete from steps where job = :job', { job });
  }

  /** Ended jobs with kept steps and their bytes, the last to end first; without those that queued renders need. */
  jobsWithSteps(): { readonly id: string; readonly bytes: number }[] {
    return this.#database.all(
      `select id, sum(bytes) as bytes from jobs join steps on job = id
       where state not in ('queued', 'running') and id not in (
         select options ->> 'of' from jobs where state in ('queued', 'running') and options ->> 'of' is not null)
       group by id order by ended_at desc, jobs.rowid desc`,
    );
  }

  /** Sets columns of a job, and renumbers the queue that it joins or leaves. */
  #changeQueue(set: string, values: Parameters<Database['run']>[1]): void {
    this.#database.transaction(() => {
      this.#database.run(`update jobs set ${set} where id = :id`, values);
      this.#renumber(this.#queue());
    });
  }

  #queue(): string[] {
    return this.queued().map(({ id }) => id);
  }

  #renumber(queue: readonly string[]): void {
    for (const [index, id] of queue.entries()) {
      this.#database.run('update jobs set position = :position where id = :id', { id, position: index + 1 });
    }
  }

  #toJob({ hosts: _, options, notes, ...job }: JobRow): StoredJob {
    return {
      ...job,
      options: JSON.parse(options) as JobOptions,
      notes: JSON.parse(notes) as string[],
      images: this.#images(job.id),
    };
  }

  #images(job: string): JobImage[] {
    const rows = this.#database.all<ImageRow>(
      `select image, seed, width, height, infotext, path, (
         select json_group_array(step) from (
           select step from steps where job = :job and image = images.image order by step)) as steps
       from images where job = :job order by image`,
      { job },
    );
    return rows.map(({ image, path, steps, ...known }) => ({
      ...{ index: image, ...known, path: path && this.#database.toAbsolute(path) },
      steps: JSON.parse(steps) as number[],
    }));
  }
}
