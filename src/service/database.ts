import { rename } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Libsql from 'libsql';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';
import { snakeCase } from '../util/letter-case.js';
import { withinTime } from '../util/with-timeout.js';
import { StorageError, storageProblemOf } from './storage.js';

/** Parameters of a statement, or the columns of a row, in camelCase. No booleans: libsql aborts the process on one. */
type SqlValues = Readonly<Record<string, string | number | null>>;

const fileName = 'steps-animation.db';
/** How long a statement waits for the lock of another program. The whole process waits with it, so it is short. */
const busyTimeoutMs = 20;
/** How long a request waits for the lock of another program, without blocking anything else. */
const maxLockedMs = 15_000;
/** How long the service waits, when it stops, until the last changes are written. */
const maxClosingMs = 5000;
/** How often something that could not be written is tried again. */
const retryIntervalMs = 250;

/** The statements that migrate each version of the schema to the next; `user_version` counts them. */
const migrations = [
  `create table jobs (
     id text primary key,
     kind text not null,
     state text not null,
     created_at integer not null,
     started_at integer,
     ended_at integer,
     position integer,
     options text not null,
     notes text not null default '[]',
     error text
   ) strict;
   create index jobs_by_state on jobs (state, position);
   create index jobs_by_time on jobs (created_at);
   create table images (
     job text not null references jobs on delete cascade,
     image integer not null,
     seed integer not null,
     width integer not null,
     height integer not null,
     infotext text not null,
     path text,
     last_step integer,
     primary key (job, image)
   ) strict;
   create table steps (
     job text not null references jobs on delete cascade,
     image integer not null,
     step integer not null,
     file text not null,
     bytes integer not null,
     primary key (job, image, step)
   ) strict;
   create table movies (
     id text primary key,
     job text,
     path text not null,
     image text,
     created_at integer not null,
     removed_at integer,
     prompt text not null,
     negative_prompt text not null,
     search text not null,
     model text not null,
     sampler text not null,
     seed integer,
     codec text not null,
     width integer not null,
     height integer not null,
     frames integer not null,
     fps real not null,
     duration real not null,
     bytes integer not null,
     steps integer not null,
     finish_ms real not null,
     infotext text not null
   ) strict;
   create index movies_by_time on movies (created_at);
   create index movies_by_job on movies (job);`,
  // `hosts`: names of the hosts that can run the job, as JSON; null if any can. `host`: the one that runs or ran it.
  `alter table jobs add column hosts text;
   alter table jobs add column host text;`,
  'alter table jobs add column error_code text;',
  // Jobs that are queued or running have a position, with gaps between. `hosts` is never null: [] for a render, and what
  // was queued before there were several hosts is for the embedded one. `attempt`: how often it was started.
  // `is_stopping`: a person cancelled it while it was running, or the service was to stop.
  `update jobs set position = position * 1048576 where position is not null;
   update jobs set hosts = iif(kind = 'render', '[]', '["embedded"]') where hosts is null;
   alter table jobs add column attempt integer not null default 0;
   alter table jobs add column is_stopping integer not null default 0;
   drop index jobs_by_state;
   create index jobs_by_state on jobs (state, created_at);
   create index jobs_by_position on jobs (position, state) where position is not null;
   create index jobs_by_lane on jobs (hosts, position) where state = 'queued';
   create index jobs_by_source on jobs (options ->> 'of') where kind = 'render';`,
  // `version` changes with the content of the file; empty where it is not known yet.
  `alter table movies add column version text not null default '';
   create index movies_by_image on movies (image);
   create index images_by_path on images (path);`,
  'create index jobs_by_end on jobs (ended_at) where ended_at is not null;',
];

/** Fails on a damaged file, without leaving a statement behind that keeps the file open. */
const checkHealth = `
  create temp table health (report text check (report = 'ok'));
  insert into health select quick_check from pragma_quick_check;
  drop table health;`;

/** A change that has happened already and only waits to be written. */
type PendingChange = { readonly write: () => void; readonly written: () => void };

/**
 * The SQLite database of a save location. Columns are snake_case in SQL and camelCase in parameters and rows; paths are
 * stored relative to the save location, so that it may be moved.
 *
 * Reading always works. Writing fails while the disk is full or another program has locked the file, with a
 * StorageError: requests change it by `write`, which waits for a lock; what has happened already is recorded by
 * `eventually`, which tries again until it is written.
 */
export class Database implements AsyncDisposable {
  readonly #connection: Libsql.Database;
  readonly #outdir: string;
  readonly #path: string;
  readonly #onMessage: (message: string) => void;
  readonly #statements = new Map<string, Libsql.Statement>();
  /** in their order; the first is being tried */
  readonly #pending: PendingChange[] = [];
  #flushing: Promise<void> | undefined;
  #problem: StorageError['problem'] | undefined;
  #isClosed = false;

  private constructor(connection: Libsql.Database, outdir: string, onMessage: (message: string) => void) {
    this.#connection = connection;
    this.#outdir = outdir;
    this.#path = join(outdir, fileName);
    this.#onMessage = onMessage;
  }

  /**
   * Opens or creates the database of a save location. A damaged file is renamed, and an empty database replaces it.
   * @param outdir absolute path of the save location
   * @param onMessage receives what the user should know: damage, and problems with writing
   * @throws StepsAnimationError `usage` when a later version wrote it, `output` when it cannot be opened
   */
  static async open(outdir: string, onMessage: (message: string) => void): Promise<Database> {
    const path = join(outdir, fileName);
    const open = () => Database.#openFile(path, outdir, onMessage);
    try {
      return await retryWhileLocked(open);
    } catch (error) {
      if (!isDamaged(error)) throw openError(path, error);
      const damaged = join(outdir, `steps-animation-damaged-${Date.now()}.db`);
      for (const suffix of ['', '-wal', '-shm']) await rename(path + suffix, damaged + suffix).catch(() => {});
      onMessage(
        `The database ${path} is damaged: it was renamed to ${damaged}, and an empty one was created. The jobs are lost; the animations are read from their files.`,
      );
      return open();
    }
  }

  static #openFile(path: string, outdir: string, onMessage: (message: string) => void): Database {
    const connection = new Libsql(path);
    try {
      connection.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
      checkFile(connection);
      // After a power failure the last transactions may be missing, but never a part of one.
      connection.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
      const database = new Database(connection, outdir, onMessage);
      database.#migrate(path);
      return database;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #migrate(path: string): void {
    const version = this.first<{ userVersion: number }>('pragma user_version')?.userVersion ?? 0;
    if (version > migrations.length) {
      throw new StepsAnimationError(
        'usage',
        `The database ${path} is of a later version of Steps Animation: update this one, or choose another save location with --outdir.`,
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.transaction(() => this.#connection.exec(`${migration}; pragma user_version = ${index + 1}`));
    }
  }

  /** The rows of a query; parameters are named `:name` in it. */
  all<Row>(sql: string, values: SqlValues = {}): Row[] {
    return this.#attempt(() => this.#prepared(sql).all(values)).map(withCamelCase) as Row[];
  }

  /** The first row of a query. */
  first<Row>(sql: string, values: SqlValues = {}): Row | undefined {
    return this.all<Row>(sql, values)[0];
  }

  run(sql: string, values: SqlValues = {}): void {
    this.#attempt(() => this.#prepared(sql).run(values));
  }

  /** @param onConflict an `on conflict` clause */
  insert(table: string, row: SqlValues, onConflict = ''): void {
    const names = Object.keys(row);
    const parameters = names.map((name) => `:${name}`);
    this.run(`insert into ${table} (${names.map(snakeCase)}) values (${parameters}) ${onConflict}`, row);
  }

  /** Commits all that `work` changes, or rolls all of it back when it throws. Within another one it is a part of it. */
  transaction<T>(work: () => T): T {
    if (this.#connection.inTransaction) return work();
    this.#attempt(() => this.#connection.exec('begin immediate'));
    try {
      const result = work();
      this.#attempt(() => this.#connection.exec('commit'));
      return result;
    } catch (error) {
      // SQLite has rolled it back already when the disk is full.
      if (this.#connection.inTransaction) this.#connection.exec('rollback');
      throw error;
    }
  }

  /**
   * Commits what a request changes, and waits for that while another program has locked the database.
   * @throws StorageError when the disk is full, or the database is still locked after 15 s
   */
  async write<T>(work: () => T): Promise<T> {
    return await retryWhileLocked(() => this.transaction(work));
  }

  /**
   * Records what has happened already: at once, or as soon as the disk has room again and no other program has locked
   * the database. Changes keep their order.
   * @param written called when it is written
   */
  eventually(write: () => void, written: () => void = () => {}): void {
    this.#pending.push({ write, written });
    if (this.#flushing || this.#flush()) return;
    // Set already if a change that followed from this one could not be written.
    this.#flushing ??= this.#flushLater().finally(() => {
      this.#flushing = undefined;
    });
  }

  /** Why changes are waiting; undefined if none are. */
  get problem(): StorageError['problem'] | undefined {
    return this.#problem;
  }

  /** @returns whether all changes are written */
  #flush(): boolean {
    for (let next = this.#pending[0]; next; next = this.#pending[0]) {
      try {
        this.transaction(next.write);
      } catch (error) {
        const problem = storageProblemOf(error);
        if (!problem || problem !== this.#problem) this.#onMessage(messageOf(error));
        this.#problem = problem;
        if (problem) return false;
        this.#pending.shift();
        continue;
      }
      this.#problem = undefined;
      this.#pending.shift();
      try {
        next.written();
      } catch (error) {
        this.#onMessage(messageOf(error));
      }
    }
    return true;
  }

  async #flushLater(): Promise<void> {
    do await setTimeout(retryIntervalMs);
    while (!this.#isClosed && !this.#flush());
  }

  /** A path as it is stored: relative to the save location, with forward slashes. */
  toStored(path: string): string {
    return relative(this.#outdir, path).split(sep).join('/');
  }

  toAbsolute(stored: string): string {
    return resolve(this.#outdir, stored);
  }

  #prepared(sql: string): Libsql.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** @throws StorageError in place of SQLite's error when nothing can be written for now */
  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const problem = storageProblemOf(error);
      if (!problem || error instanceof StorageError) throw error;
      throw new StorageError(problem, problem === 'full' ? this.#outdir : this.#path, error);
    }
  }

  /** Closes the file when all changes are written, or after 5 s if they cannot be. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#flushing) await withinTime(this.#flushing, maxClosingMs);
    this.#isClosed = true;
    this.#statements.clear();
    try {
      // libsql closes the file only once its statements are garbage-collected: write the log into it now.
      this.#connection.exec('pragma wal_checkpoint(truncate)');
    } catch {
      // The log stays beside the file, and is read the next time.
    } finally {
      this.#connection.close();
    }
  }
}

/** @throws the error of the last try after 15 s */
async function retryWhileLocked<T>(work: () => T): Promise<T> {
  const end = performance.now() + maxLockedMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (storageProblemOf(error) !== 'locked' || performance.now() > end) throw error;
      await setTimeout(retryIntervalMs);
    }
  }
}

/** @throws an error with the code `SQLITE_CORRUPT` when the file is damaged */
function checkFile(connection: Libsql.Database): void {
  try {
    connection.exec(checkHealth);
  } catch (cause) {
    if (!hasCode(cause, 'SQLITE_CONSTRAINT_CHECK')) throw cause;
    throw Object.assign(new Error('the file is damaged', { cause }), { code: 'SQLITE_CORRUPT' });
  }
}

function withCamelCase(row: unknown): unknown {
  const columns = Object.entries(Object(row));
  return Object.fromEntries(columns.map(([name, value]) => [camelCase(name), value]));
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isDamaged(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

function openError(path: string, cause: unknown): unknown {
  if (cause instanceof StepsAnimationError) return cause;
  const problem = storageProblemOf(cause);
  if (problem === 'full' || problem === 'locked') return new StorageError(problem, path, cause);
  const message = `Cannot open the database ${path} (${messageOf(cause)}): make it and its folder writable.`;
  return new StepsAnimationError('output', message, { cause });
}
