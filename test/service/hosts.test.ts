import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepsAnimationError } from '#src/errors.js';
import type { Host } from '#src/hosts/host.js';
import { HostPool } from '#src/service/hosts/host-pool.js';
import type { GeneratingRequest } from '#src/service/job.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openService, until } from './open-service.js';
import { gate, PretendedHost } from './pretended-host.js';

function asking(prompt: string, model?: string): GeneratingRequest {
  return { kind: 'txt2img', generation: { prompt, steps: 2, ...(model && { model }) }, animation: null };
}

function pool(hosts: Readonly<Record<string, Host>>, retryAfterMs?: number): HostPool {
  const named = Object.entries(hosts).map(([name, host]) => {
    return { name, host, url: null, kind: name === 'embedded' ? name : 'pretended' };
  });
  return new HostPool(named, undefined, retryAfterMs);
}

const unreachable = new StepsAnimationError('network', 'Nothing answers there: start it.', {
  cause: new Error('connect ECONNREFUSED'),
});

/** Milliseconds after which a host is asked again: none of these tests takes an hour. */
const never = 3_600_000;

/** A host that tells what it has, and cannot be reached when a job begins. */
class LostHost extends PretendedHost {
  isLost = false;

  override generate(...args: Parameters<PretendedHost['generate']>): ReturnType<PretendedHost['generate']> {
    if (this.isLost) throw unreachable;
    return super.generate(...args);
  }
}

/** A host that fails before or during the steps of a job. */
class FailingHost extends PretendedHost {
  fault: { readonly when: 'before' | 'during'; readonly error: Error } | undefined;

  override async *generate(...args: Parameters<PretendedHost['generate']>) {
    if (this.fault?.when === 'before') throw this.fault.error;
    for await (const event of super.generate(...args)) {
      yield event;
      if (this.fault && event.type === 'step') throw this.fault.error;
    }
  }
}

describe('several hosts', () => {
  it('do a job each at once, and no two', async () => {
    const { passed, open } = gate();
    const [a, b] = [new PretendedHost(() => passed), new PretendedHost(() => passed)];
    const service = await openService(await temporaryFolder(), { hosts: pool({ a, b }) });
    const jobs = [];
    for (const prompt of ['first', 'second', 'third']) jobs.push(await service.submit(asking(prompt)));
    const [first, second, third] = jobs.map(({ id }) => id);
    await until(service, () => service.list({ state: 'running' }).length === 2);
    expect(service.get(first ?? '')?.host).toBe('a');
    expect(service.get(second ?? '')?.host).toBe('b');
    expect(service.get(third ?? '')).toMatchObject({ state: 'queued', position: 1, host: null });
    expect(service.current()?.id).toBe(first);
    await service.cancel(second ?? '');
    open();
    expect((await service.ended(third ?? '')).state).toBe('finished');
    expect((await service.ended(second ?? '')).state).toBe('interrupted');
    expect((await service.ended(first ?? '')).state).toBe('finished');
  });

  it('get the jobs whose model they have, wherever these stand in the queue', async () => {
    const { passed, open } = gate();
    const a = new PretendedHost(() => passed, ['common', 'large']);
    const b = new PretendedHost(() => {}, ['common', 'small']);
    const service = await openService(await temporaryFolder(), { hosts: pool({ a, b }) });
    for (const prompt of ['1', '2']) await service.submit(asking(prompt, 'large'));
    const { id } = await service.submit(asking('3', 'small'));
    expect(await service.ended(id)).toMatchObject({ state: 'finished', host: 'b' });
    const pinned = await service.submit({ ...asking('4', 'common'), host: 'a' });
    expect(await service.ended((await service.submit(asking('5', 'common'))).id)).toMatchObject({ host: 'b' });
    open();
    expect(await service.ended(pinned.id)).toMatchObject({ state: 'finished', host: 'a' });
    expect(a.prompts).toEqual(['1', '2', '4']);
    expect(b.prompts).toEqual(['3', '5']);
    await expect(service.submit(asking('6', 'none'))).rejects.toThrow('choose one of: common, large, small');
    await expect(service.submit({ ...asking('7', 'small'), host: 'a' })).rejects.toThrow('no host "a" with the model');
  });

  it('make the embedded one the demonstration, which nobody gets unasked', async () => {
    const [embedded, real] = [new PretendedHost(() => {}, ['emoji']), new PretendedHost(() => {}, ['real'])];
    const hosts = pool({ embedded, real });
    expect(hosts.members.map((host) => [host.name, hosts.isDemonstration(host)])).toEqual([
      ['real', false],
      ['embedded', true],
    ]);
    const service = await openService(await temporaryFolder(), { hosts });
    const job = await service.ended((await service.submit(asking('a'))).id);
    expect(job).toMatchObject({ host: 'real', options: { generation: { model: 'real' } } });
    expect(await service.ended((await service.submit(asking('b', 'emoji'))).id)).toMatchObject({ host: 'embedded' });
  });

  it('take over a job that one could not start as it had become unavailable', async () => {
    const [a, b] = [new LostHost(), new PretendedHost()];
    const service = await openService(await temporaryFolder(), { hosts: pool({ a, b }) });
    await service.ended((await service.submit(asking('1'))).id);
    a.isLost = true;
    const job = await service.ended((await service.submit(asking('2'))).id);
    expect(job).toMatchObject({ state: 'finished', host: 'b', error: null });
    expect(job.notes.join()).toContain('The host a could not be reached when the job was to start: Nothing answers');
    // From now on it is left alone until it answers.
    const next = await service.ended((await service.submit(asking('3'))).id);
    expect(next.host).toBe('b');
    expect(next.notes.join()).not.toContain('could not be reached');
  });

  it('keep the jobs of an unavailable one until it is back', async () => {
    const [a, b] = [new LostHost(() => {}, ['common', 'a']), new PretendedHost(() => {}, ['common'])];
    a.isLost = true;
    const hosts = pool({ a, b });
    const service = await openService(await temporaryFolder(), { hosts });
    const waits = { state: 'queued', waitsFor: ['a'], error: null };
    const [first, second] = [await service.submit(asking('1', 'a')), await service.submit(asking('2', 'a'))];
    for (const { id } of [first, second]) {
      await until(service, () => service.get(id)?.waitsFor.length === 1);
      expect(service.get(id)).toMatchObject(waits);
    }
    expect(await service.ended((await service.submit(asking('3', 'common'))).id)).toMatchObject({ host: 'b' });
    expect(await service.cancel(second.id)).toMatchObject({ state: 'cancelled', waitsFor: [] });
    a.isLost = false;
    await hosts.get('a')?.describe();
    expect(await service.ended(first.id)).toMatchObject({ state: 'finished', host: 'a', waitsFor: [] });
  });

  it('are asked again while jobs wait for them', async () => {
    let isThere = true;
    const a = new PretendedHost(() => {}, ['a']);
    const describe = a.describe.bind(a);
    a.describe = () => (isThere ? describe() : Promise.reject(unreachable));
    const hosts = pool({ a }, 5);
    const service = await openService(await temporaryFolder(), { hosts });
    await hosts.describe();
    isThere = false;
    hosts.get('a')?.markUnavailable(unreachable.message);
    const { id } = await service.submit(asking('1', 'a'));
    await until(service, () => service.get(id)?.waitsFor.length === 1);
    isThere = true;
    expect(await service.ended(id)).toMatchObject({ state: 'finished', host: 'a' });
  });

  it('are asked again while others work on what they could do', async () => {
    const { passed, open } = gate();
    const [a, b] = [new PretendedHost(() => passed), new LostHost()];
    const describe = b.describe.bind(b);
    b.describe = () => (b.isLost ? Promise.reject(unreachable) : describe());
    const hosts = pool({ a, b }, 5);
    const service = await openService(await temporaryFolder(), { hosts });
    await hosts.describe();
    b.isLost = true;
    const first = await service.submit(asking('1'));
    const second = await service.submit(asking('2'));
    await until(service, () => hosts.get('b')?.isAvailable === false);
    expect(service.get(second.id)?.state).toBe('queued');
    b.isLost = false;
    await until(service, () => service.get(second.id)?.host === 'b');
    expect(service.get(first.id)?.state).toBe('running');
    open();
  });

  it('do what three others could not begin', async () => {
    const lost = ['a', 'b', 'c'].map((name) => [name, Object.assign(new LostHost(), { isLost: true })] as const);
    const hosts = pool({ ...Object.fromEntries(lost), d: new PretendedHost() }, never);
    const service = await openService(await temporaryFolder(), { hosts });
    const job = await service.ended((await service.submit(asking('1'))).id);
    expect(job).toMatchObject({ state: 'finished', host: 'd' });
    expect(job.notes.filter((note) => note.includes('could not be reached'))).toHaveLength(3);
  });

  it('get a job that another repeatedly failed to start, when they are free', async () => {
    const { passed, open } = gate();
    const [a, b] = [new LostHost(), new PretendedHost(() => passed)];
    a.isLost = true;
    const service = await openService(await temporaryFolder(), { hosts: pool({ a, b }, 5) });
    const busy = await service.submit({ ...asking('1'), host: 'b' });
    const { id } = await service.submit(asking('2'));
    await until(service, () => service.get(id)?.notes.length === 3);
    expect(service.get(id)).toMatchObject({ state: 'queued', waitsFor: [] });
    open();
    expect(await service.ended(id)).toMatchObject({ state: 'finished', host: 'b' });
    expect((await service.ended(busy.id)).state).toBe('finished');
  });

  it('fail a job after three failed starts', async () => {
    const a = new LostHost(() => {}, ['a']);
    a.isLost = true;
    const service = await openService(await temporaryFolder(), { hosts: pool({ a }, 5) });
    const job = await service.ended((await service.submit(asking('1', 'a'))).id);
    expect(job).toMatchObject({ state: 'failed', error: unreachable.message });
    expect(job.notes).toHaveLength(2);
  });

  it('stay available when a job failed by itself', async () => {
    const a = new FailingHost();
    const hosts = pool({ a }, never);
    const service = await openService(await temporaryFolder(), { hosts });
    const unreadable = new StepsAnimationError('network', 'A picture cannot be read.', { cause: new Error('no PNG') });
    const faults = [
      { when: 'before', error: new StepsAnimationError('network', 'It failed in KSampler: out of memory') },
      { when: 'during', error: new StepsAnimationError('network', 'It failed in VAEDecode: out of memory') },
      { when: 'during', error: unreadable },
    ] as const;
    for (const fault of faults) {
      a.fault = fault;
      const failed = await service.ended((await service.submit(asking('1'))).id);
      expect(failed).toMatchObject({ state: 'failed', error: fault.error.message });
      expect(hosts.get('a')?.isAvailable).toBe(true);
    }
    a.fault = undefined;
    expect((await service.ended((await service.submit(asking('2'))).id)).state).toBe('finished');
  });

  it('are back when they accept a request', async () => {
    const hosts = pool({ a: Object.assign(new PretendedHost(), { check: async () => {} }) }, never);
    const service = await openService(await temporaryFolder(), { hosts });
    await hosts.describe();
    hosts.get('a')?.markUnavailable(unreachable.message);
    expect((await service.ended((await service.submit(asking('1'))).id)).state).toBe('finished');
    expect(hosts.get('a')?.problem).toBeNull();
  });

  it('are not asked to check a request while they are unavailable, if others are available', async () => {
    const [a, b] = [new PretendedHost(), new PretendedHost()];
    const hung = Object.assign(a, { check: () => new Promise<void>(() => {}) });
    const hosts = pool({ a: hung, b });
    const service = await openService(await temporaryFolder(), { hosts });
    await hosts.describe();
    hosts.get('a')?.markUnavailable(unreachable.message);
    expect(await service.ended((await service.submit(asking('1'))).id)).toMatchObject({ host: 'b' });
  });

  it('are not waited for long when another accepts a request', async () => {
    const hung = Object.assign(new PretendedHost(), { check: () => new Promise<void>(() => {}) });
    const gone = Object.assign(new PretendedHost(), { check: () => Promise.reject(unreachable) });
    const hosts = pool({ hung, gone, c: new PretendedHost() });
    const service = await openService(await temporaryFolder(), { hosts });
    const job = await service.ended((await service.submit(asking('1'))).id);
    expect(job, 'not by one that may still refuse').toMatchObject({ state: 'finished', host: 'c' });
    expect(hosts.get('gone')?.isAvailable).toBe(false);
  });

  it('refuse a request with what one says that can be reached', async () => {
    const gone = Object.assign(new PretendedHost(), { check: () => Promise.reject(unreachable) });
    const refusal = new StepsAnimationError('usage', 'There is no sampler "Eular": choose one of: Euler.');
    const strict = Object.assign(new PretendedHost(), { check: () => Promise.reject(refusal) });
    const service = await openService(await temporaryFolder(), { hosts: pool({ gone, strict }) });
    await expect(service.submit(asking('1'))).rejects.toThrow(refusal);
    const lonely = await openService(await temporaryFolder(), { hosts: pool({ gone }) });
    await expect(lonely.submit(asking('1'))).rejects.toThrow(unreachable);
  });

  it('run each job once after one that lost its host', async () => {
    const outdir = await temporaryFolder();
    const { passed, open } = gate();
    const held = () => new PretendedHost(() => passed);
    const before = await openService(outdir, { hosts: pool({ a: held(), b: held(), c: held() }) });
    for (let i = 0; i < 3; i++) await before.submit(asking('running'));
    const lost = await before.submit({ ...asking('lost'), host: 'c' });
    const next = await before.submit(asking('next'));
    const closed = before[Symbol.asyncDispose]();
    open();
    await closed;

    const [a, b] = [new PretendedHost(), new PretendedHost()];
    const after = await openService(outdir, { hosts: pool({ a, b }) });
    expect(await after.ended(lost.id)).toMatchObject({ state: 'failed' });
    expect(await after.ended(next.id)).toMatchObject({ state: 'finished' });
    await after[Symbol.asyncDispose]();
    expect([...a.prompts, ...b.prompts]).toEqual(['next']);
  });

  it('leave no job waiting for one that was removed', async () => {
    const { passed, open } = gate();
    const [a, b] = [new PretendedHost(() => passed, ['a']), new PretendedHost(() => passed, ['b'])];
    const hosts = pool({ a, b });
    const service = await openService(await temporaryFolder(), { hosts });
    const jobs = [];
    for (const model of ['a', 'b', 'b']) jobs.push(await service.submit(asking(model, model)));
    await until(service, () => service.list({ state: 'running' }).length === 2);
    await hosts.remove('b');
    expect(await service.ended(jobs[2]?.id ?? '')).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('The host b was removed from the service: add it again'),
    });
    open();
    expect(await service.ended(jobs[1]?.id ?? '')).toMatchObject({ state: 'finished', error: null });
    await expect(service.submit(asking('b', 'b'))).rejects.toThrow('choose one of: a');
  });

  it('are described although one is slow and another unavailable', async () => {
    const lost = new PretendedHost();
    lost.describe = () => Promise.reject(unreachable);
    const slow = new PretendedHost(() => {}, ['slow']);
    slow.describe = () => new Promise(() => {});
    const quick = new PretendedHost(() => {}, ['quick']);
    const hosts = pool({ lost, slow, quick });
    expect(await hosts.describe()).toMatchObject({ models: [{ name: 'quick', hosts: ['quick'] }], model: 'quick' });
    expect(hosts.get('lost')).toMatchObject({ problem: unreachable.message, isAvailable: false });
  });

  it('are not kept from their work by movies of kept steps', async () => {
    const { passed, open } = gate();
    let isHeld = false;
    const a = new PretendedHost(() => (isHeld ? passed : undefined));
    const service = await openService(await temporaryFolder(), { hosts: pool({ a }) });
    const original = await service.ended(
      (await service.submit({ ...asking('1'), animation: { look: 'classic', createAnimation: false } })).id,
    );
    isHeld = true;
    const busy = await service.submit(asking('2'));
    await until(service, () => a.prompts.length === 2);
    const animation = { look: 'classic' as const, duration: 1, fps: 10 };
    const movie = await service.submit({ kind: 'render', of: original.id, image: 0, animation });
    expect(await service.ended(movie.id)).toMatchObject({ state: 'finished', host: null });
    expect(service.get(busy.id)?.state).toBe('running');
    open();
    expect((await service.ended(busy.id)).state).toBe('finished');
  });

  it('do every job once, where its model is, one at a time each', { timeout: 120_000 }, async () => {
    const models = fc.subarray(['x', 'y', 'z'], { minLength: 1 });
    const plan = fc.record({
      hosts: fc.array(models, { minLength: 1, maxLength: 4 }),
      wanted: fc.array(fc.nat(2), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ hosts, wanted }) => {
        const made = new Map<string, string>();
        const opened = hosts.map((names, index) => new CountingHost(`host ${index}`, names, made));
        const outdir = await temporaryFolder();
        await using service = await openService(outdir, {
          hosts: pool(Object.fromEntries(opened.map((host, index) => [`host ${index}`, host]))),
        });
        const known = [...new Set(hosts.flat())];
        const jobs = [];
        for (const [index, nth] of wanted.entries()) {
          jobs.push(await service.submit(asking(String(index), known[nth % known.length])));
        }
        for (const { id, options } of jobs) {
          const { host } = await service.ended(id);
          const { prompt = '', model = '' } = options.generation ?? {};
          expect(made.get(prompt)).toBe(host);
          expect(hosts[Number(host?.slice('host '.length))]).toContain(model);
        }
        expect(made.size).toBe(wanted.length);
        expect(opened.map(({ most }) => most).filter((most) => most > 1)).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});

/** Counts how many jobs it does at once, and writes down which. */
class CountingHost extends PretendedHost {
  most = 0;
  #now = 0;

  constructor(
    readonly title: string,
    models: readonly string[],
    readonly made: Map<string, string>,
  ) {
    super(() => new Promise(setImmediate), models);
  }

  override async *generate(...args: Parameters<PretendedHost['generate']>) {
    this.most = Math.max(this.most, ++this.#now);
    const { prompt = '' } = args[0];
    expect(this.made.has(prompt)).toBe(false);
    this.made.set(prompt, this.title);
    try {
      yield* super.generate(...args);
    } finally {
      this.#now--;
    }
  }
}
