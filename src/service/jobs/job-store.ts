import type { Database } from '../database.js';
import type { JobImage, JobOptions, JobQuery, StoredJob } from '../job.js';
import { JobQueue } from './job-queue.js';

/** `hosts`, `options` and `notes` are JSON. */
type JobRow = Omit<StoredJob, 'hosts' | 'options' | 'images' | 'notes'> &
  Readonly<Record<'hosts' | 'options' | 'notes', string>> & { readonly attempt: number; readonly isStopping: number };

/** `steps` are JSON. */
type ImageRow = Omit<JobImage, 'index' | 'steps'> & { readonly image: number; readonly steps: string };

/** The kept picture of a step; `file` is its path below the job's folder. */
export type KeptStep = { readonly image: number; readonly step: number; readonly file: string; readonly bytes: number };

export type NewJob = Pick<StoredJob, 'id' | 'kind' | 'hosts' | 'options'>;

/** What happens to jobs that were running when the service was killed. */
export type OnRestart = 'resume' | 'interrupt';

const defaultLimit = 100;
/** How often a job is started that was running whenever the service was killed: it may be what kills it. */
const maxAttempts = 4;
/** How many jobs are forgotten before something else may happen. */
const maxForgottenAtOnce = 100;
/** Whether no queued or running render needs the steps of a job. */
const isNotNeeded = `not exists (
  select 1 from jobs as render indexed by jobs_by_source
  where render.kind = 'render' and render.options ->> 'of' = jobs.id and render.state in ('queued', 'running'))`;
const killedMessage = 'The service ended while this job was running: render the steps that are kept, or run it again.';
const resumedMessage =
  'The service ended while this job was running: the images that were not finished are made again.';

/** The jobs of a save location: their options, their queue, and what they have made. */
export class JobStore {
  readonly queue: JobQueue;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.queue = new JobQueue(database);
  }

  /** Appends a new job to the queue. */
  add({ id, kind, options, hosts }: NewJob): void {
    this.#database.insert('jobs', {
      ...{ id, kind, state: 'queued', createdAt: Date.now(), position: this.queue.end },
      ...{ options: JSON.stringify(options), hosts: JSON.stringify(hosts) },
    });
  }

  has(id: string): boolean {
    return this.#database.first('select id from jobs where id = :id', { id }) !== undefined;
  }

  get(id: string): StoredJob | undefined {
    return this.#toJobs(this.#database.all<JobRow>('select * from jobs where id = :id', { id }))[0];
  }

  /** The newest first; in queue order if only queued jobs are wanted. 100 by default. */
  list({ state, limit = defaultLimit, offset = 0 }: JobQuery): StoredJob[] {
    const order =
      state === 'queued' ? 'and position is not null order by position' : 'order by created_at desc, rowid desc';
    const rows = this.#database.all<JobRow>(
      `select * from jobs where ${state ? 'state = :state' : 'true'} ${order} limit :limit offset :offset`,
      { ...{ limit, offset }, ...(state && { state }) },
    );
    return this.#toJobs(rows);
  }

  end(id: string, ending: Pick<StoredJob, 'state' | 'endedAt' | 'error' | 'errorCode'>): void {
    this.#database.run(
      `update jobs set state = :state, ended_at = :endedAt, position = null, error = :error, error_code = :errorCode
       where id = :id`,
      { id, ...ending },
    );
  }

  /** Notes that a running job is to stop: it is not taken up again if the service is killed before it has. */
  stop(id: string): void {
    this.#database.run('update jobs set is_stopping = 1 where id = :id', { id });
  }

  /** Ends the jobs that were running when the service was killed, or puts them back into the queue. */
  takeUpRunning(onRestart: OnRestart): void {
    const resumed = onRestart === 'resume' ? this.queue.takeUp(maxAttempts) : [];
    for (const id of resumed) this.addNote(id, resumedMessage);
    const left = this.#database.all<{ id: string }>("select id from jobs where state = 'running'");
    const ending = { state: 'interrupted', endedAt: Date.now(), error: killedMessage, errorCode: null } as const;
    for (const { id } of left) this.end(id, ending);
  }

  /**
   * The jobs that ended before the latest ones, without those whose steps queued renders need; some of them if there are
   * many.
   */
  endedBefore(latest: number): string[] {
    const rows = this.#database.all<{ id: string }>(
      `select id from jobs indexed by jobs_by_end where ended_at is not null and ${isNotNeeded}
       order by ended_at desc limit ${maxForgottenAtOnce} offset :latest`,
      { latest },
    );
    return rows.map(({ id }) => id);
  }

  delete(id: string): void {
    this.#database.run('delete from jobs where id = :id', { id });
  }

  addNote(id: string, note: string): void {
    this.#database.run("update jobs set notes = json_insert(notes, '$[#]', :note) where id = :id", { id, note });
  }

  /** Adds the images that a job will make, or updates them when it makes them again. */
  addImages(job: string, images: readonly Omit<JobImage, 'path' | 'steps'>[]): void {
    const names = ['seed', 'width', 'height', 'infotext'].map((name) => `${name} = excluded.${name}`);
    const onConflict = `on conflict (job, image) do update set ${names}`;
    this.#database.transaction(() => {
      for (const { index, ...image } of images) {
        this.#database.insert('images', { job, image: index, ...image }, onConflict);
      }
    });
  }

  /**
   * Notes where an image was written. Another that had this name is gone.
   * @param lastStep number of the step that the finished image shows
   */
  finishImage(
    job: string,
    { index, path, width, height }: Pick<JobImage, 'index' | 'width' | 'height'> & { readonly path: string },
    lastStep: number,
  ): void {
    const stored = this.#database.toStored(path);
    this.#database.transaction(() => {
      this.#database.run('update images set path = null where path = :stored', { stored });
      this.#database.run(
        `update images set path = :stored, width = :width, height = :height, last_step = :lastStep
         where job = :job and image = :index`,
        { job, index, stored, width, height, lastStep },
      );
    });
  }

  /** Whether another job has saved an image under a path. */
  isOfAnother(path: string, job: string): boolean {
    const values = { stored: this.#database.toStored(path), job };
    return this.#database.first('select job from images where path = :stored and job <> :job', values) !== undefined;
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

  /** The kept steps of an image, in their order; step 0 is its noise. */
  steps(job: string, image: number): KeptStep[] {
    return this.#database.all<KeptStep>(
      'select image, step, file, bytes from steps where job = :job and image = :image order by step',
      { job, image },
    );
  }

  /** @param from the first image whose steps are forgotten; 0 by default */
  forgetSteps(job: string, from = 0): void {
    this.#database.run('delete from steps where job = :job and image >= :from', { job, from });
  }

  /** Ended jobs with kept steps and their bytes, the last to end first; without those that queued renders need. */
  jobsWithSteps(): { readonly id: string; readonly bytes: number }[] {
    return this.#database.all(
      `select jobs.id, kept.bytes
       from (select job, sum(bytes) as bytes from steps group by job) as kept join jobs on jobs.id = kept.job
       where state not in ('queued', 'running') and ${isNotNeeded}
       order by ended_at desc, jobs.rowid desc`,
    );
  }

  #toJobs(rows: readonly JobRow[]): StoredJob[] {
    const isQueued = ({ state }: JobRow) => state === 'queued';
    const places = this.queue.places(rows.filter(isQueued).flatMap(({ position }) => position ?? []));
    return rows.map((row) => {
      const { attempt: _, isStopping: __, hosts, options, notes, position, ...job } = row;
      return {
        ...job,
        position: isQueued(row) && position !== null ? (places.get(position) ?? null) : null,
        hosts: JSON.parse(hosts) as string[],
        options: JSON.parse(options) as JobOptions,
        notes: JSON.parse(notes) as string[],
        images: this.#images(job.id),
      };
    });
  }

  #images(job: string): JobImage[] {
    const rows = this.#database.all<ImageRow>(
      `select image, seed, width, height, infotext, path, (
         select json_group_array(step) from (
           select step from steps where job = :job and image = images.image and step > 0 order by step)) as steps
       from images where job = :job order by image`,
      { job },
    );
    return rows.map(({ image, path, steps, ...known }) => ({
      ...{ index: image, ...known, path: path && this.#database.toAbsolute(path) },
      steps: JSON.parse(steps) as number[],
    }));
  }
}
