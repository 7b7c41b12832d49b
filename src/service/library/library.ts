import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { AnimationResult } from '../../app/events.js';
import { StepsAnimationError } from '../../errors.js';
import { removeFile } from '../../files/held-files.js';
import { parseInfotext, seedOf } from '../../infotext/parse-infotext.js';
import { exists } from '../../util/exists.js';
import type { Seed } from '../../util/seed.js';
import type { Database } from '../database.js';
import type { AnimationQuery, Movie } from '../job.js';
import { readMovies, versionOf } from './movie-files.js';

/** `search` is the prompt as it is searched; `removedAt` is null unless the movie was removed and can be restored. */
type MovieRow = Movie & { readonly search: string; readonly removedAt: number | null };

/** What is known of a movie beside its file. */
type MovieOrigin = { readonly job: string | null; readonly infotext: string; readonly createdAt?: number };

/** How long a removed movie can be restored. */
const undoMs = 60_000;
const defaultLimit = 50;

/** Columns that follow from the file of a movie. */
const columnsOfFile = [
  ...['prompt', 'negative_prompt', 'search', 'model', 'sampler', 'seed', 'codec', 'width', 'height'],
  ...['frames', 'fps', 'duration', 'bytes', 'infotext', 'version'],
];
/** Columns that its file does not have. */
const otherColumns = ['job', 'image', 'created_at', 'removed_at', 'steps', 'finish_ms'];

/** Not by its version: that changes when files are copied to another place. */
const isSame = 'bytes = excluded.bytes and infotext = excluded.infotext';

/** A movie that was made under the name of another takes the place of its entry. */
const replace = [...columnsOfFile, ...otherColumns].map((name) => `${name} = excluded.${name}`);
/** So does another file that was put into its place; of the same one, what the file does not have is kept. */
const update = [
  ...columnsOfFile.map((name) => `${name} = excluded.${name}`),
  ...otherColumns.map((name) => `${name} = iif(${isSame}, ${kept(name)}, excluded.${name})`),
];

function kept(name: string): string {
  return name === 'image' ? 'coalesce(excluded.image, image)' : name;
}

/** The finished movies below a save location. */
export class Library implements AsyncDisposable {
  readonly #database: Database;
  readonly #outdir: string;
  readonly #onError: (error: unknown) => void;
  readonly #deletions = new Map<string, NodeJS.Timeout>();
  #isClosing = false;
  #scan: Promise<unknown> = Promise.resolve();

  /**
   * @param outdir absolute path of the save location
   * @param onError receives errors of deletions
   */
  constructor(database: Database, outdir: string, onError: (error: unknown) => void) {
    this.#database = database;
    this.#outdir = outdir;
    this.#onError = onError;
  }

  /** The newest first. */
  search({ offset = 0, limit = defaultLimit, ...query }: AnimationQuery = {}): {
    readonly entries: readonly Movie[];
    readonly total: number;
  } {
    const { where, values } = conditions(query);
    const entries = this.#movies(`${where} order by created_at desc, rowid desc limit :limit offset :offset`, {
      ...{ ...values, limit, offset },
    });
    const sql = `select count(*) as total from movies where ${where}`;
    return { entries, total: this.#database.first<{ total: number }>(sql, values)?.total ?? 0 };
  }

  get(id: string): Movie | undefined {
    return this.#movies('id = :id and removed_at is null', { id })[0];
  }

  /** The values that the library can be filtered by. */
  facets(): { readonly codecs: string[]; readonly samplers: string[]; readonly models: string[] } {
    const valuesOf = (column: 'codec' | 'sampler' | 'model') =>
      this.#database
        .all<{ value: string }>(
          `select distinct ${column} as value from movies where removed_at is null and ${column} <> '' order by value`,
        )
        .map(({ value }) => value);
    return { codecs: valuesOf('codec'), samplers: valuesOf('sampler'), models: valuesOf('model') };
  }

  /** The movies of a job, the oldest first. */
  ofJob(job: string): Movie[] {
    return this.#movies('job = :job and removed_at is null order by created_at, rowid', { job });
  }

  /**
   * Lists a movie, or updates its entry.
   * @param job that has made it; null for one that was found
   */
  add(result: AnimationResult, { job, infotext, createdAt = Date.now() }: MovieOrigin): void {
    const { type: _, finish_ms: finishMs, path, image, ...movie } = result;
    const { prompt, negativePrompt, fields } = parseInfotext(infotext);
    const stored = { path: this.#database.toStored(path), image: image && this.#database.toStored(image) };
    this.#database.insert(
      'movies',
      {
        ...{ id: idOf(stored.path), job: job ?? this.#jobOf(stored.image), ...stored, createdAt, removedAt: null },
        version: versionOf(statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: result.bytes }),
        ...{ prompt, negativePrompt, search: searchable(prompt), infotext },
        ...{ model: fields.Model ?? '', sampler: fields.Sampler ?? '', ...movie, finishMs },
        // The column is of numbers; other seeds are read from the infotext.
        ...(typeof movie.seed === 'string' && { seed: null }),
      },
      `on conflict (id) do update set ${job === null ? update : replace}`,
    );
  }

  /** To be called when an image was written: movies of another that had its name lose that. */
  forgetImage(path: string, infotext: string): void {
    this.#database.run('update movies set image = null where image = :image and infotext <> :infotext', {
      ...{ image: this.#database.toStored(path), infotext },
    });
  }

  /**
   * Hides a movie. Its file is deleted after a minute or when the service stops, unless it is restored; the finished
   * image stays.
   */
  async remove(id: string): Promise<void> {
    await this.#database.write(() => {
      if (!this.get(id)) throw noMovie(id);
      this.#database.run('update movies set removed_at = :now where id = :id', { id, now: Date.now() });
    });
    clearTimeout(this.#deletions.get(id));
    this.#deletions.set(id, setTimeout(() => this.#delete(id).catch(this.#onError), undoMs).unref());
  }

  async restore(id: string): Promise<Movie> {
    // Once its file is being deleted, it is too late.
    if (this.#deletions.has(id)) {
      await this.#database.write(() => {
        this.#database.run('update movies set removed_at = null where id = :id', { id });
      });
      clearTimeout(this.#deletions.get(id));
      this.#deletions.delete(id);
    }
    const movie = this.get(id);
    if (!movie) throw noMovie(id);
    return movie;
  }

  /** Reads all movies below the save location again. @returns how many there are */
  async rebuild(): Promise<number> {
    return await this.#afterScan(() => this.#read(new Map()));
  }

  /** Lists movies that are not listed yet or have changed, and removes entries whose files are gone. */
  async update(): Promise<number> {
    return await this.#afterScan(() =>
      this.#read(new Map(this.#listed().map(({ path, version }) => [path.normalize(), version]))),
    );
  }

  /** Resolves when the files below the save location have been read that were to be read. */
  async scanned(): Promise<void> {
    await this.#scan.catch(() => {});
  }

  /** Ends the reading of files, which can take long. */
  stopReading(): void {
    this.#isClosing = true;
  }

  /** One scan at a time. */
  async #afterScan(read: () => Promise<number>): Promise<number> {
    const scan = this.#scan.then(read, read);
    this.#scan = scan;
    return await scan;
  }

  /** @param known versions of movies, by their paths in normal form: those need not be read */
  async #read(known: ReadonlyMap<string, string>): Promise<number> {
    // HFS+ and some network shares give names back in another Unicode form than they were written in.
    const found = new Set<string>();
    for await (const movie of readMovies(this.#outdir, known)) {
      if (this.#isClosing) return this.#count();
      found.add(movie.path.normalize());
      if ('result' in movie) await this.#database.write(() => this.add(movie.result, { job: null, ...movie }));
      else if (known.get(movie.path.normalize()) === '') await this.#database.write(() => this.#setVersion(movie));
    }
    for (const { id, path } of this.#listed()) {
      // It may have been made after its folder was read.
      if (!found.has(path.normalize()) && !(await exists(path))) this.#forget(id);
    }
    return this.#count();
  }

  #setVersion({ path, version }: { readonly path: string; readonly version: string }): void {
    const id = idOf(this.#database.toStored(path));
    this.#database.run('update movies set version = :version where id = :id', { id, version });
  }

  #count(): number {
    return this.search({ limit: 1 }).total;
  }

  #listed(): Pick<MovieRow, 'id' | 'path' | 'version'>[] {
    const rows = this.#database.all<Pick<MovieRow, 'id' | 'path' | 'version'>>('select id, path, version from movies');
    return rows.map(({ path, ...known }) => ({ ...known, path: this.#database.toAbsolute(path) }));
  }

  /** The job that made an image. */
  #jobOf(image: string | null): string | null {
    const row = this.#database.first<{ job: string }>('select job from images where path = :image', { image });
    return row?.job ?? null;
  }

  #forget(id: string): void {
    this.#database.eventually(() => this.#database.run('delete from movies where id = :id', { id }));
  }

  async #delete(id: string): Promise<void> {
    this.#deletions.delete(id);
    const [movie] = this.#movies('id = :id and removed_at is not null', { id });
    if (!movie) return;
    // A file that another program holds stays hidden until it can be removed, at the latest at the next start.
    if (await removeFile(movie.path)) this.#forget(id);
  }

  #movies(where: string, values: Parameters<Database['all']>[1]): Movie[] {
    return this.#database
      .all<MovieRow>(`select * from movies where ${where}`, values)
      .map(({ removedAt: _r, search: _s, path, image, ...movie }) => ({
        ...movie,
        seed: movie.seed ?? longSeed(movie.infotext),
        path: this.#database.toAbsolute(path),
        image: image && this.#database.toAbsolute(image),
      }));
  }

  /** Deletes the files of removed movies. */
  async deleteRemoved(): Promise<void> {
    for (const { id } of this.#movies('removed_at is not null', {})) {
      clearTimeout(this.#deletions.get(id));
      await this.#delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopReading();
    await this.scanned();
    await this.deleteRemoved();
  }
}

/** A seed that a column of numbers cannot hold. */
function longSeed(infotext: string): Seed | null {
  const seed = seedOf(parseInfotext(infotext));
  return typeof seed === 'string' ? seed : null;
}

/** The same for the same file, whenever it is listed. */
function idOf(storedPath: string): string {
  return createHash('sha256').update(storedPath.normalize()).digest('base64url').slice(0, 20);
}

function conditions({ text = '', ...filters }: Omit<AnimationQuery, 'limit' | 'offset'>) {
  const words = searchable(text).split(/\s+/u).filter(Boolean);
  const wanted = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const where = [
    'removed_at is null',
    ...wanted.map(([name]) => `${name} = :${name}`),
    ...words.map((_, index) => `instr(search, :word${index}) > 0`),
  ];
  const values = Object.fromEntries([...wanted, ...words.map((word, index) => [`word${index}`, word] as const)]);
  return { where: where.join(' and '), values };
}

/** Text for comparison: lower case, and one form for letters that Unicode can write in several. */
function searchable(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function noMovie(id: string): StepsAnimationError {
  return new StepsAnimationError('usage', `There is no animation ${JSON.stringify(id)} in the library.`);
}
