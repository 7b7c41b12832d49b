import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import { StepCount } from '#src/hosts/invokeai/run.js';
import { type Outcome, runScenario, type Scenario } from '../record/run-scenario.js';
import { FakeInvokeai, size } from './fake-invokeai.js';

const request = { prompt: 'a red apple', seed: 5, steps: 3, ...size };

const resultPath = '/api/v1/images/i/result.png/full';

async function generate(
  fake: FakeInvokeai,
  { reconnectTimeoutMs = 1000, onEvent }: { readonly reconnectTimeoutMs?: number } & Pick<Scenario, 'onEvent'> = {},
): Promise<Outcome> {
  await using host = createInvokeaiHost({ url: fake.url, reconnectTimeoutMs });
  return await runScenario(host, { request, ...(onEvent && { onEvent }) }, () => undefined);
}

/** Time for what has been sent to arrive. */
const pause = async () => await new Promise((resolve) => setTimeout(resolve, 200));

describe('when InvokeAI fails', () => {
  it('the steps that there were become an image, and then the error is thrown', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      item.end('failed', { error_type: 'OutOfMemoryError', error_message: 'out of memory' });
    });
    const { steps, images, error } = await generate(fake);
    expect({ steps, images }).toEqual({ steps: ['0:0:1'], images: ['0:interrupted'] });
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('OutOfMemoryError: out of mem') });
  });

  it('a question that is not answered costs nothing but time', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      fake.cut();
      await fake.breakOff();
      await item.steps(2, 3, 3);
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ images: ['0:finished'], error: undefined });
  });

  it('steps that come while InvokeAI is asked are yielded', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      fake.emit('queue_item_status_changed', { item_id: item.id, status: 'canceled' });
      await item.steps(0, 3, 3);
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ steps: ['0:0:1', '0:0:2', '0:0:3'], images: ['0:finished'] });
  });

  it('steps that come after a gap while InvokeAI is asked have their own numbers', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      fake.onQuestion = async () => {
        fake.cut();
        await fake.subscribed(2);
        await item.steps(3, 3, 3);
        await fake.received();
      };
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ steps: ['0:0:1', '0:0:3'], images: ['0:finished'] });
  });

  it('an image that is finished is had, though the socket is given up meanwhile', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 3, 3);
      fake.onQuestion = async () => {
        fake.cut();
        await pause();
      };
      item.end();
    });
    expect(await generate(fake, { reconnectTimeoutMs: 0 })).toMatchObject({ images: ['0:finished'], error: undefined });
  });

  it('a file that breaks off is fetched again', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      fake.brokenOff.set(resultPath, 1);
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ images: ['0:finished'], error: undefined });
    // A new socket shows that InvokeAI is still there.
    expect(fake.subscriptions).toBe(2);
  });

  it('a file that breaks off each time is an error', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      fake.brokenOff.set(resultPath, 2);
      item.end();
      await fake.subscribed(2);
      item.end();
    });
    const { error } = await generate(fake);
    expect(error).toMatchObject({ message: expect.stringContaining('Cannot reach InvokeAI') });
    expect(fake.canceled).toEqual([]);
  });

  it('a run that is given up is cancelled there', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      if (item.id > 1) return;
      fake.unanswered = 2;
      fake.emit('queue_item_status_changed', { item_id: item.id, status: 'completed' });
    });
    expect((await generate(fake)).error).toMatchObject({ code: 'network' });
    fake.brokenOff.set('/api/v1/queue/default/status', 1);
    expect((await generate(fake)).error).toMatchObject({ code: 'network' });
    expect(fake.canceled).toEqual([1, 2]);
  });

  // Without the stop, the question would be given up after 30 s.
  it('a stop ends a question that nothing answers', { timeout: 20_000 }, async () => {
    let stopIt = () => {};
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      fake.onQuestion = async () => {
        stopIt();
        await new Promise(() => {});
      };
      fake.emit('queue_item_status_changed', { item_id: item.id, status: 'completed' });
    });
    const onEvent: Scenario['onEvent'] = (_event, _steps, { stop }) => {
      stopIt = stop;
    };
    expect(await generate(fake, { onEvent })).toMatchObject({ images: ['0:interrupted'], error: undefined });
    expect(fake.canceled).toEqual([1]);
  });

  it('a stop while it is away ends the image as any other', async () => {
    const fake = await FakeInvokeai.start(async (item) => await item.steps(0, 1, 3));
    const onEvent: Scenario['onEvent'] = ({ type }, _, { stop }) => {
      if (type !== 'step') return;
      fake.stop();
      stop();
    };
    expect(await generate(fake, { reconnectTimeoutMs: 60_000, onEvent })).toMatchObject({
      images: ['0:interrupted'],
      error: undefined,
    });
  });

  it.each(['cut', 'dismiss'] as const)(
    'a socket that is lost by a %s comes back, and its steps are known',
    async (how) => {
      const fake = await FakeInvokeai.start(async (item) => {
        await item.steps(0, 1, 3);
        fake[how]();
        await fake.subscribed(2);
        await item.steps(3, 3, 3);
        item.end();
      });
      expect(await generate(fake)).toMatchObject({
        steps: ['0:0:1', '0:0:3'],
        images: ['0:finished'],
        error: undefined,
      });
    },
  );

  it('an end that was sent while the socket was away is noticed', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      fake.cut();
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ steps: ['0:0:1'], images: ['0:finished'], error: undefined });
  });

  const garbage = (text: string) => (fake: FakeInvokeai) => {
    fake.garbage = text;
    fake.cut();
  };
  const forgotten = (fake: FakeInvokeai) => {
    fake.forget();
    fake.cut();
  };
  it.each<[string, (fake: FakeInvokeai) => void, string, RegExp]>([
    ['has gone away', (fake) => fake.stop(), 'network', /Cannot reach InvokeAI at .* did not come back/u],
    ['has forgotten the run', forgotten, 'network', /no longer knows the run: .* Try again/u],
    ['answers garbage', garbage('<html>'), 'network', /is not InvokeAI: to .* it says/u],
    ['answers something else', garbage('{}'), 'network', /is not InvokeAI: to .* it says/u],
  ])('one that %s is an error, with the steps until then', async (_, fail, code, message) => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      await fake.received();
      fail(fake);
    });
    const { steps, images, error } = await generate(fake);
    expect({ steps, images }).toEqual({ steps: ['0:0:1'], images: ['0:interrupted'] });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('garbage on the socket is ignored', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      for (const garbage of [undefined, null, 'x', [1], {}, { item_id: 'x' }, { item_id: item.id, image: 3 }]) {
        fake.emit('invocation_progress', garbage);
        fake.emit('queue_item_status_changed', garbage);
      }
      await item.steps(0, 1, 3);
      item.end();
    });
    expect(await generate(fake)).toMatchObject({ steps: ['0:0:1'], images: ['0:finished'], error: undefined });
  });

  it('a picture that cannot be read is an error', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      const image = { ...size, dataURL: 'data:image/jpeg;base64,AAAA' };
      const facts = { item_id: item.id, invocation_source_id: 'denoise' };
      fake.emit('invocation_progress', { ...facts, percentage: 1 / 3, image });
    });
    expect((await generate(fake)).error).toMatchObject({ message: expect.stringContaining('cannot be read') });
  });

  it('another server is distinguished from one that cannot be reached', async () => {
    const page = createServer((_, response) => response.end('<html>hello'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void page.close());
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    await expect(createInvokeaiHost({ url }).describe()).rejects.toThrow('is not InvokeAI');
    await expect(createInvokeaiHost({ url: 'http://127.0.0.1:9' }).describe()).rejects.toThrow('Cannot reach InvokeAI');
    expect(() => createInvokeaiHost({ url: 'nowhere' })).toThrow('give one such as');
  });
});

describe('steps', () => {
  const steps = fc.integer({ min: 1, max: 60 });

  /** What InvokeAI reports for so many steps. */
  const sharesOf = (total: number, isSecondOrder: boolean) =>
    isSecondOrder
      ? Array.from({ length: 2 * total }, (_, index) => (total > 1 ? Math.floor(index / 2) / (total - 1) : 0))
      : Array.from({ length: total + 1 }, (_, index) => index / total);

  it('are counted from 1 to the last, however many were planned', () => {
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (total, planned, isSecondOrder) => {
        const count = new StepCount(planned, isSecondOrder);
        const counted = sharesOf(total, isSecondOrder).flatMap((share) => count.count(share) ?? []);
        expect(counted).toEqual(Array.from({ length: total }, (_, index) => index + 1));
      }),
    );
  });

  it('have their numbers, whatever was missed on the way', () => {
    const misses = fc.array(fc.boolean(), { minLength: 120, maxLength: 120 });
    fc.assert(
      fc.property(steps, misses, fc.boolean(), (total, missed, isSecondOrder) => {
        const count = new StepCount(total, isSecondOrder);
        const halves = isSecondOrder ? 2 : 1;
        const numberOf = (index: number) => (isSecondOrder ? Math.floor(index / 2) + 1 : index);
        const shares = sharesOf(total, isSecondOrder);
        const isMissed = (index: number) => index < shares.length - halves && missed[index];
        const counted = shares.flatMap((share, index) => {
          if (!isMissed(index)) return count.count(share) ?? [];
          count.miss();
          return [];
        });
        const isTold = (step: number) => shares.every((_, index) => numberOf(index) !== step || !isMissed(index));
        expect(counted).toEqual(Array.from({ length: total }, (_, index) => index + 1).filter(isTold));
      }),
    );
  });
});
