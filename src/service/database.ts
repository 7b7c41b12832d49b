import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';

/** What a statement is given. No booleans: libsql ends the whole process at one. */
type SqlValues = Readonly<Record<string, string | number | null>>;

const fileName = 'steps-animation.db';

/** The statements that lead from each version of the schema to the next one; `user_version` counts them. */
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
  // `hosts`: names of those that can do it, as JSON; null if any can. `host`: the one that does it or did.
  `alter table jobs add column hosts text;
   alter table jobs add column host text;`,
  'alter table jobs add column error_code text;',
];

/** Fails, without leaving a statement that holds the file open, when anything in the file is damaged. */
const checkHealth = `
  create temp table health (report text check (report = 'ok'));
  insert into health select quick_check from pragma_quick_check;
  drop table health;`;

/** The service's database: statements are prepared once, and changes that belong together are made together. */
export class Database implements Disposable {
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();

  private constructor(connection: Libsql.Database) {
    this.#connection = connection;
  }

  /**
   * Opens the database in a folder, or makes it. A damaged one is moved aside, and an empty one takes its place.
   * @throws StepsAnimationError `usage` when it is of a later version, `output` when it cannot be opened
   */
  static async open(folder: string, onMessage: (message: string) => void): Promise<Database> {
    const path = join(folder, fileName);
    try {
      return Database.#openFile(path);
    } catch (error) {
      if (!isDamage(error)) throw openError(path, error);
      const aside = join(folder, `steps-animation-damaged-${Date.now()}.db`);
      for (const suffix of ['', '-wal', '-shm']) await rename(path + suffix, aside + suffix).catch(() => {});
      onMessage(
        `The database ${path} is damaged; it was moved to ${aside}, and a new one begun. Jobs are lost; the animations are read from their files.`,
      );
      return Database.#openFile(path);
    }
  }

  static #openFile(path: string): Database {
    const connection = new Libsql(path);
    try {
      connection.exec(checkHealth);
      // After a power cut the last changes may be missing, but never a part of one.
      connection.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
      const database = new Database(connection);
      database.#migrate(path);
      return database;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #migrate(path: string): void {
    const [{ user_version: version } = { user_version: 0 }] = this.all<{ user_version: number }>('pragma user_version');
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

  /** The rows of a query; values are named `:name` in it. */
  all<Row>(sql: string, values: SqlValues = {}): Row[] {
    return this.#prepared(sql).all(values) as Row[];
  }

  /** The first row of a query. */
  first<Row>(sql: string, values: SqlValues = {}): Row | undefined {
    return this.all<Row>(sql, values)[0];
  }

  run(sql: string, values: SqlValues = {}): void {
    this.#prepared(sql).run(values);
  }

  /** All that `work` changes, or none of it. */
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
    // libsql closes a file only when the statements are collected too: what is in the log goes into the file now.
    this.#connection.exec('pragma wal_checkpoint(truncate)');
    this.#connection.close();
  }
}

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_CONSTRAINT') || code === 'SQLITE_NOTADB';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function openError(path: string, error: unknown): unknown {
  if (error instanceof StepsAnimationError) return error;
  const reason = messageOf(error);
  return new StepsAnimationError(
    'output',
    `Cannot open the database ${path} (${reason}): make it and its folder writable.`,
    { cause: error },
  );
}
