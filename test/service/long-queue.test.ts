import { join } from 'node:path';
import fc from 'fast-check';
import Libsql from 'libsql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { generationOptionsSchema } from '#src/options/generation-options.js';
import { Database } from '#src/service/database.js';
import { HostPool } from '#src/service/hosts/host-pool.js';
import { JobStore } from '#src/service/jobs/job-store.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openPretended, openService } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const options = {
  generation: generationOptionsSchema.parse({ prompt: 'an apple', steps: 1 }),
  ...{ img2img: null, animation: null, of: null, image: null },
};

async function openStore(outdir: string): Promise<{ readonly database: Database; readonly store: JobStore }> {
  const database = await Database.open(outdir, () => {});
  return { database, store: new JobStore(database) };
}

/** A save location with this many queued jobs. */
async function withQueue(length: number, host = 'pretended'): Promise<string> {
  const outdir = await temporaryFolder();
  const { database, store } = await openStore(outdir);
  database.transaction(() => {
    for (let i = 0; i < length; i++) store.add({ id: `job ${i}`, kind: 'txt2img', options, hosts: [host] });
  });
  await database[Symbol.asyncDispose]();
  return outdir;
}

function order(store: JobStore): string[] {
  return store.list({ state: 'queued' }).map(({ id }) => id);
}

describe('a long queue', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** What a job costs from its start to the next one's: statements, and rows that they return. */
  async function costs(length: number): Promise<readonly unknown[]> {
    const outdir = await withQueue(length);
    const all = vi.spyOn(Database.prototype, 'all');
    const run = vi.spyOn(Database.prototype, 'run');
    const service = await openPretended(outdir, new PretendedHost());
    const reading = new AbortController();
    const found: unknown[] = [];
    for await (const event of service.events({}, reading.signal)) {
      if (event.type !== 'started') continue;
      const rows = all.mock.results.reduce((sum, { value }) => sum + value.length, 0);
      const text = [...all.mock.calls, ...run.mock.calls].map(([sql]) => sql);
      found.push({ rows, statements: text.toSorted() });
      for (const spy of [all, run]) spy.mockClear();
      if (found.length === 6) break;
    }
    await service[Symbol.asyncDispose]();
    vi.restoreAllMocks();
    return found.slice(2);
  }

  it('costs a job as much as a short one', async () => {
    expect(await costs(10_000)).toEqual(await costs(100));
  });

  it('is searched by its indexes alone when a job starts, moves or ends', async () => {
    const { database, store } = await openStore(await withQueue(3));
    const statements = vi.spyOn(Database.prototype, 'all');
    const changes = vi.spyOn(Database.prototype, 'run');
    const [lane = []] = store.queue.lanes();
    store.queue.move('job 2', 1);
    store.queue.move('job 0', 3);
    const claim = store.queue.claim([lane], 'pretended');
    store.queue.release(claim?.id ?? '', lane);
    store.end(claim?.id ?? '', { state: 'finished', endedAt: 1, error: null, errorCode: null });
    store.jobsWithSteps();
    store.get('job 0');
    const texts = new Set([...statements.mock.calls, ...changes.mock.calls].map(([sql]) => sql));
    vi.restoreAllMocks();
    expect(texts.size).toBeGreaterThan(10);
    for (const sql of texts) {
      const names = Object.fromEntries([...sql.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, 1]));
      const plan = database.all<{ detail: string }>(`explain query plan ${sql}`, names).map(({ detail }) => detail);
      // One job by its id, its lane or the job whose steps it renders; only places are counted, in an index.
      const quick = / (sqlite_autoindex_jobs_1|COVERING INDEX jobs_by_position|jobs_by_lane|jobs_by_source) ?(\(|$)/;
      const slow = plan.filter((step) => / (jobs|render)( |$)/.test(step) && !quick.test(step));
      expect(slow, sql).toEqual([]);
    }
    await database[Symbol.asyncDispose]();
  });

  it('does not hold up anything when the only host of its jobs is removed', async () => {
    const outdir = await withQueue(3000, 'gone');
    const hosts = new HostPool([{ name: 'a', kind: 'a', url: null, host: new PretendedHost() }]);
    const service = await openService(outdir, { hosts });
    const reading = new AbortController();
    const turns = new Set<number>();
    let turn = 0;
    const count = setInterval(() => turn++, 0);
    let ended = 0;
    for await (const event of service.events({}, reading.signal)) {
      turns.add(turn);
      if (event.type === 'ended' && ++ended === 3000) break;
    }
    clearInterval(count);
    expect(turns.size).toBeGreaterThan(100);
    expect(service.list({ state: 'failed', limit: 1 })[0]?.error).toContain('The host gone was removed');
    expect(service.queued).toBe(0);
  });
});

describe('the order of the queue', () => {
  it('is that of a list in which jobs come, move, start, return and end', async () => {
    const command = fc.oneof(
      { weight: 3, arbitrary: fc.record({ type: fc.constant('add' as const), lane: fc.nat(2) }) },
      { weight: 6, arbitrary: fc.record({ type: fc.constant('move' as const), which: fc.nat(20), place: fc.nat(12) }) },
      { arbitrary: fc.record({ type: fc.constant('claim' as const), lane: fc.nat(2) }), weight: 2 },
      { arbitrary: fc.record({ type: fc.constant('release' as const) }), weight: 1 },
      { arbitrary: fc.record({ type: fc.constant('end' as const), which: fc.nat(20) }), weight: 1 },
    );
    const { database, store } = await openStore(await temporaryFolder());
    let created = 0;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        database.run('delete from jobs');
        // Running jobs stay in the list, at their place, until they return or end.
        let list: { id: string; lane: string; isRunning: boolean }[] = [];
        const queued = () => list.filter(({ isRunning }) => !isRunning);
        for (const each of commands) {
          if (each.type === 'add') {
            const job = { id: `job ${++created}`, lane: `host ${each.lane}`, isRunning: false };
            store.add({ id: job.id, kind: 'txt2img', options, hosts: [job.lane] });
            list.push(job);
          } else if (each.type === 'move') {
            const job = queued()[each.which % Math.max(queued().length, 1)];
            if (!job) continue;
            store.queue.move(job.id, each.place);
            list = list.filter((other) => other !== job);
            const before = queued()[each.place - 2];
            const index = each.place <= 1 ? 0 : before ? list.indexOf(before) + 1 : list.length;
            list.splice(index, 0, job);
          } else if (each.type === 'claim') {
            const lane = `host ${each.lane}`;
            const job = queued().find((other) => other.lane === lane);
            expect(store.queue.claim([[lane], ['none']], lane)?.id).toBe(job?.id);
            if (job) job.isRunning = true;
          } else if (each.type === 'release') {
            const job = list.find(({ isRunning }) => isRunning);
            if (job) store.queue.release(job.id, [job.lane]);
            if (job) job.isRunning = false;
          } else {
            const job = list[each.which % Math.max(list.length, 1)];
            if (!job) continue;
            store.end(job.id, { state: 'finished', endedAt: 1, error: null, errorCode: null });
            list = list.filter((other) => other !== job);
          }
          expect(order(store)).toEqual(queued().map(({ id }) => id));
          const places = store.list({ state: 'queued' }).map(({ position }) => position);
          expect(places).toEqual(places.map((_, index) => index + 1));
          expect(store.queue.count()).toBe(places.length);
          expect(store.queue.lanes().flat()).toEqual([...new Set(queued().map(({ lane }) => lane))].sort());
        }
      }),
      { numRuns: 60 },
    );
    await database[Symbol.asyncDispose]();
  });

  it('has a place for a running job, to which it returns between others that were moved', async () => {
    const { database, store } = await openStore(await temporaryFolder());
    for (const id of ['a', 'running', 'c', 'moved']) store.add({ id, kind: 'txt2img', options, hosts: [id] });
    expect(store.queue.claim([['running']], 'host')).toEqual({ id: 'running', lane: ['running'], attempt: 1 });
    store.queue.move('moved', 2);
    expect(order(store)).toEqual(['a', 'moved', 'c']);
    store.queue.release('running', ['other']);
    expect(order(store)).toEqual(['a', 'moved', 'running', 'c']);
    expect(store.queue.claim([['other']], 'host')).toMatchObject({ id: 'running', attempt: 1 });
    await database[Symbol.asyncDispose]();
  });

  it('stays right when there is no room between two jobs any more', async () => {
    const { database, store } = await openStore(await temporaryFolder());
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const id of names) store.add({ id, kind: 'txt2img', options, hosts: ['host'] });
    const expected = [...names];
    for (let i = 0; i < 60; i++) {
      const [id = ''] = expected.splice(i % 2 === 0 ? 4 : 2, 1);
      expected.splice(1, 0, id);
      store.queue.move(id, 2);
      expect(order(store)).toEqual(expected);
    }
    await database[Symbol.asyncDispose]();
  });

  it('of a database of before is kept', async () => {
    const outdir = await temporaryFolder();
    // The third version, without what did not change later.
    const before = new Libsql(join(outdir, 'steps-animation.db'));
    before.exec(`
      create table jobs (
        id text primary key, kind text not null, state text not null, created_at integer not null,
        started_at integer, ended_at integer, position integer, options text not null,
        notes text not null default '[]', error text, hosts text, host text, error_code text) strict;
      create index jobs_by_state on jobs (state, position);
      create table images (
        job text not null references jobs on delete cascade, image integer not null, seed integer not null,
        width integer not null, height integer not null, infotext text not null, path text, last_step integer,
        primary key (job, image)) strict;
      create table steps (
        job text not null references jobs on delete cascade, image integer not null, step integer not null,
        file text not null, bytes integer not null, primary key (job, image, step)) strict;
      create table movies (id text primary key, job text, path text not null, image text) strict;
      insert into jobs (id, kind, state, created_at, position, options, hosts) values
        ('a', 'txt2img', 'queued', 1, 2, '{}', null), ('b', 'txt2img', 'queued', 2, 1, '{}', '["host"]');
      pragma user_version = 3`);
    before.close();

    const later = await openStore(outdir);
    later.store.add({ id: 'c', kind: 'txt2img', options, hosts: ['host'] });
    later.store.queue.move('c', 2);
    expect(order(later.store)).toEqual(['b', 'c', 'a']);
    expect(later.store.get('a')?.hosts).toEqual(['embedded']);
    await later.database[Symbol.asyncDispose]();
  });
});
