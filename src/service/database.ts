import { rename } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import Libsql from 'libsql';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';
import { snakeCase } from '../util/letter-case.js';

/** Parameters of a statement, or the columns of a row, in camelCase. No booleans: libsql aborts the process on one. */
type SqlValues = Readonly<Record<string, string | number | null>>;

const fileName = 'steps-animation.db';

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
];

/** Fails on a damaged file, without leaving a statement behind that keeps the file open. */
const checkHealth = `
  create temp table health (report text check (report = 'ok'));
  insert into health select quick_check from pragma_quick_check;
  drop table health;`;

/**
 * The SQLite database of a save location. Columns are snake_case in SQL and camelCase in parameters and rows; paths are
 * stored relative to the save location, so that it may be moved.
 */
export class Database implements Disposable {
  readonly #connection: Libsql.Database;
  readonly #outdir: string;
  readonly #statements = new Map<string, Libsql.Statement>();

  private constructor(connection: Libsql.Database, outdir: string) {
    this.#connection = connection;
    this.#outdir = outdir;
  }

  /**
   * Opens or creates the database of a save location. A damaged file is renamed, and an empty database replaces it.
   * @param outdir absolute path of the save location
   * @throws StepsAnimationError `usage` when a later version wrote it, `output` when it cannot be opened
   */
  static async open(outdir: string, onMessage: (message: string) => void): Promise<Database> {
    const path = join(outdir, fileName);
    try {
      return Database.#openFile(path, outdir);
    } catch (error) {
      if (!isDamaged(error)) throw openError(path, error);
      const damaged = join(outdir, `steps-animation-damaged-${Date.now()}.db`);
      for (const suffix of ['', '-wal', '-shm']) await rename(path + suffix, damaged + suffix).catch(() => {});
      onMessage(
        `The database ${path} is damaged: it was renamed to ${damaged}, and an empty one was created. The jobs are lost; the animations are read from their files.`,
      );
      return Database.#openFile(path, outdir);
    }
  }

  static #openFile(path: string, outdir: string): Database {
    const connection = new Libsql(path);
    try {
      connection.exec(checkHealth);
      // After a power failure the last transactions may be missing, but never a part of one.
      connection.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
      const database = new Database(connection, outdir);
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
    return this.#prepared(sql).all(values).map(withCamelCase) as Row[];
  }

  /** The first row of a query. */
  first<Row>(sql: string, values: SqlValues = {}): Row | undefined {
    return this.all<Row>(sql, values)[0];
  }

  run(sql: string, values: SqlValues = {}): void {
    this.#prepared(sql).run(values);
  }

  /** @param onConflict an `on conflict` clause */
  insert(table: string, row: SqlValues, onConflict = ''): void {
    const names = Object.keys(row);
    const parameters = names.map((name) => `:${name}`);
    this.run(`insert into ${table} (${names.map(snakeCase)}) values (${parameters}) ${onConflict}`, row);
  }

  /** Commits all that `work` changes, or rolls all of it back when it throws. */
  transaction<T>(work: () => T): T {
    this.#connection.exec('begin immediate');
    try {
      const result = work();
      this.#connection.exec('commit');
      return result;
    } catch (error) {
      this.#connection.exec('rollback');
      throw error;
    }
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

  [Symbol.dispose](): void {
    this.#statements.clear();
    // libsql closes the file only once its statements are garbage-collected: write the log into it now.
    this.#connection.exec('pragma wal_checkpoint(truncate)');
    this.#connection.close();
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
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_CONSTRAINT') || code === 'SQLITE_NOTADB';
}

function openError(path: string, cause: unknown): unknown {
  if (cause instanceof StepsAnimationError) return cause;
  const message = `Cannot open the database ${path} (${messageOf(cause)}): make it and its folder writable.`;
  return new StepsAnimationError('output', message, { cause });
}
