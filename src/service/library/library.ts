import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import type { AnimationResult } from '../../app/events.js';
import { StepsAnimationError } from '../../errors.js';
import { parseInfotext } from '../../infotext/parse-infotext.js';
import { exists } from '../../util/exists.js';
import type { Database } from '../database.js';
import type { JobAnimation, LibraryEntry, LibraryQuery, Library as LibraryTypes } from '../job.js';
import { StoredPaths } from '../stored-paths.js';
import { readMovies } from './movie-files.js';

type MovieRow = Omit<LibraryEntry, 'createdAt' | 'negativePrompt'> & {
  readonly created_at: number;
  readonly removed_at: number | null;
  readonly negative_prompt: string;
  readonly search: string;
  readonly finish_ms: number;
};

/** What is known of a movie beside what it is. */
export type MovieOrigin = { readonly job: string | null; readonly infotext: string; readonly createdAt?: number };

/** Milliseconds during which a removed movie can be restored. */
const undoTime = 60_000;
const usualLimit = 50;
const mostListed = 200;

/** The finished movies below a save location. */
export class Library implements LibraryTypes, AsyncDisposable {
  readonly #database: Database;
  readonly #outdir: string;
  readonly #paths: StoredPaths;
  readonly #deletions = new Map<string, NodeJS.Timeout>();
  readonly #closing = new AbortController();
  #scan: Promise<unknown> = Promise.resolve();

  /** @param outdir absolute path of the save location */
  constructor(database: Database, outdir: string) {
    this.#database = database;
    this.#outdir = outdir;
    this.#paths = new StoredPaths(outdir);
  }

  search(query: LibraryQuery = {}): { readonly entries: readonly LibraryEntry[]; readonly total: number } {
    const { where, values } = conditions(query);
    const offset = wholeNumber('offset', query.offset ?? 0, 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber('limit', query.limit ?? usualLimit, 1, mostListed);
    const rows = this.#database.all<MovieRow>(
      `select * from movies where ${where} order by created_at desc, rowid desc limit :limit offset :offset`,
      { ...values, limit, offset },
    );
    const total = this.#database.first<{ total: number }>(
      `select count(*) as total from movies where ${where}`,
      values,
    );
    return { entries: rows.map((row) => this.#toEntry(row)), total: total?.total ?? 0 };
  }

  get(id: string): LibraryEntry | undefined {
    const row = this.#database.first<MovieRow>('select * from movies where id = :id and removed_at is null', { id });
    return row && this.#toEntry(row);
  }

  facets(): { codecs: string[]; samplers: string[]; models: string[] } {
    const valuesOf = (column: 'codec' | 'sampler' | 'model') =>
      this.#database
        .all<{ value: string }>(
          `select distinct ${column} as value from movies where removed_at is null and ${column} <> '' order by value`,
        )
        .map(({ value }) => value);
    return { codecs: valuesOf('codec'), samplers: valuesOf('sampler'), models: valuesOf('model') };
  }

  /** The movies of a job, the first one first. */
  ofJob(job: string): JobAnimation[] {
    return this.#database
      .all<MovieRow>('select * from movies where job = :job and removed_at is null order by created_at, rowid', { job })
      .map((row) => this.#toAnimation(row));
  }

  /** Lists a movie, or lists it anew. */
  add(result: AnimationResult, { job, infotext, createdAt = Date.now() }: MovieOrigin): void {
    const { type: _, finish_ms, ...facts } = result;
    const { prompt, negativePrompt, fields } = parseInfotext(infotext);
    this.#database.run(
      `insert into movies values (
         :id, coalesce(:job, (select job from images where path = :image)), :path, :image, :created_at, null, :prompt, :negative_prompt, :search, :model, :sampler, :seed,
         :codec, :width, :height, :frames, :fps, :duration, :bytes, :steps, :finish_ms, :infotext)
       on conflict (id) do update set
         image = coalesce(excluded.image, image), prompt = excluded.prompt, negative_prompt = excluded.negative_prompt,
         search = excluded.search, model = excluded.model, sampler = excluded.sampler, seed = excluded.seed,
         codec = excluded.codec, width = excluded.width, height = excluded.height, frames = excluded.frames,
         fps = excluded.fps, duration = excluded.duration, bytes = excluded.bytes, infotext = excluded.infotext`,
      {
        ...{ ...facts, finish_ms, job, infotext, prompt, id: this.#idOf(result.path), created_at: createdAt },
        ...{ path: this.#paths.toStored(result.path), image: result.image && this.#paths.toStored(result.image) },
        ...{ negative_prompt: negativePrompt, search: folded(prompt) },
        ...{ model: fields.Model ?? '', sampler: fields.Sampler ?? '' },
      },
    );
  }

  remove(id: string): void {
    if (!this.get(id)) throw noMovie(id);
    this.#database.run('update movies set removed_at = :now where id = :id', { id, now: Date.now() });
    const timer = setTimeout(() => void this.#delete(id), undoTime);
    timer.unref();
    this.#deletions.set(id, timer);
  }

  restore(id: string): LibraryEntry {
    clearTimeout(this.#deletions.get(id));
    this.#deletions.delete(id);
    this.#database.run('update movies set removed_at = null where id = :id', { id });
    const entry = this.get(id);
    if (!entry) throw noMovie(id);
    return entry;
  }

  async rebuild(): Promise<number> {
    return await this.#afterScan(() => this.#read(new Set()));
  }

  /** Lists movies that are there and not listed, and forgets those whose files are gone. */
  async update(): Promise<number> {
    return await this.#afterScan(() => {
      const known = this.#listed().map(({ path }) => path);
      return this.#read(new Set(known));
    });
  }

  /** One reading after the other. */
  async #afterScan(read: () => Promise<number>): Promise<number> {
    const scan = this.#scan.then(read, read);
    this.#scan = scan;
    return await scan;
  }

  async #read(known: ReadonlySet<string>): Promise<number> {
    const present = new Set<string>();
    for await (const movie of readMovies(this.#outdir, known)) {
      if (this.#closing.signal.aborted) return this.search({ limit: 1 }).total;
      present.add(this.#idOf(movie.path));
      if ('result' in movie) this.add(movie.result, { job: null, ...movie });
    }
    for (const { id, path } of this.#listed()) {
      // One that was not there when its folder was read may have come since.
      if (!present.has(id) && !(await exists(path))) this.#forget(id);
    }
    return this.search({ limit: 1 }).total;
  }

  #listed(): { readonly id: string; readonly path: string }[] {
    const rows = this.#database.all<{ id: string; path: string }>('select id, path from movies');
    return rows.map(({ id, path }) => ({ id, path: this.#paths.toAbsolute(path) }));
  }

  #forget(id: string): void {
    this.#database.run('delete from movies where id = :id', { id });
  }

  async #delete(id: string): Promise<void> {
    this.#deletions.delete(id);
    const row = this.#database.first<{ path: string }>(
      'select path from movies where id = :id and removed_at is not null',
      { id },
    );
    if (!row) return;
    this.#forget(id);
    await unlink(this.#paths.toAbsolute(row.path)).catch(() => {});
  }

  /** The same for the same file, whenever it is listed. */
  #idOf(path: string): string {
    return createHash('sha256').update(this.#paths.toStored(path)).digest('base64url').slice(0, 20);
  }

  #toEntry({ created_at, negative_prompt, removed_at: _r, search: _s, finish_ms: _f, ...row }: MovieRow): LibraryEntry {
    return { ...row, ...this.#files(row), createdAt: created_at, negativePrompt: negative_prompt };
  }

  #toAnimation(row: MovieRow): JobAnimation {
    const { id, codec, width, height, frames, fps, duration, bytes, steps, seed, finish_ms } = row;
    const facts = { codec, width, height, frames, fps, duration, bytes, steps, seed, finish_ms };
    return { type: 'animation', id, ...this.#files(row), ...facts };
  }

  #files({ path, image }: Pick<MovieRow, 'path' | 'image'>) {
    return { path: this.#paths.toAbsolute(path), image: image && this.#paths.toAbsolute(image) };
  }

  /** Deletes what has been removed. */
  async deleteRemoved(): Promise<void> {
    const removed = this.#database.all<{ id: string }>('select id from movies where removed_at is not null');
    for (const { id } of removed) {
      clearTimeout(this.#deletions.get(id));
      await this.#delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#scan.catch(() => {});
    await this.deleteRemoved();
  }
}

function conditions({ text = '', codec, sampler, model }: LibraryQuery) {
  const words = folded(text)
    .split(/\s+/u)
    .filter((word) => word !== '');
  const wanted = Object.entries({ codec, sampler, model }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const where = [
    'removed_at is null',
    ...wanted.map(({ name }) => `${name} = :${name}`),
    ...words.map((_, index) => `instr(search, :word${index}) > 0`),
  ];
  const values = Object.fromEntries([
    ...wanted.map(({ name, value }) => [name, value] as const),
    ...words.map((word, index) => [`word${index}`, word] as const),
  ]);
  return { where: where.join(' and '), values };
}

/** Text as it is compared: without case, and without the ways in which the same letter can be written. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StepsAnimationError('usage', `${name} must be a whole number from ${least} to ${most}, not ${value}.`);
}

function noMovie(id: string): StepsAnimationError {
  return new StepsAnimationError('usage', `There is no animation ${JSON.stringify(id)} in the library.`);
}
