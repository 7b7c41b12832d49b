import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createComfyuiHost } from '#src/hosts/comfyui/host.js';
import { parsePreview } from '#src/hosts/comfyui/socket.js';
import type { GenerationEvent } from '#src/hosts/host.js';
import { FakeComfyui, type Script, size, uint32 } from './fake-comfyui.js';

const request = { prompt: 'a red apple', seed: 5, steps: 3, ...size };

type Circumstances = {
  readonly reconnectTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly skips?: EventTarget;
};

async function generate(
  fake: FakeComfyui,
  { reconnectTimeoutMs = 1000, signal, skips }: Circumstances = {},
): Promise<{ events: GenerationEvent[]; error: unknown }> {
  await using host = createComfyuiHost({ url: fake.url, reconnectTimeoutMs });
  const events: GenerationEvent[] = [];
  try {
    for await (const event of host.generate(request, signal, skips)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const stepsOf = (events: readonly GenerationEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.step] : []));

describe('when ComfyUI fails', () => {
  it('the steps that there were become an image, and then the error is thrown', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      run.end('error', { node_type: 'VAEDecode', exception_message: 'out of memory\n' });
    });
    const { events, error } = await generate(fake);
    expect(stepsOf(events)).toEqual([1]);
    expect(events.slice(-2)).toMatchObject([{ type: 'image', reason: 'interrupted' }, { type: 'end' }]);
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/VAEDecode: out of memory/u) });
  });

  it('a socket that is cut off comes back, and nothing of the run is lost but the steps meanwhile', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      fake.cut();
      await run.step('sampler', 2, 3);
      await fake.reconnected();
      await run.step('sampler', 3, 3);
      run.end();
    });
    const { events, error } = await generate(fake);
    expect(error).toBeUndefined();
    expect(stepsOf(events)).toContain(3);
    expect(events.at(-2)).toMatchObject({ type: 'image', reason: 'finished' });
    expect(fake.firstMessages).toHaveLength(2);
  });

  // Without the stop, the question would be given up after 30 s.
  it('a stop ends a question that nothing answers', { timeout: 20_000 }, async () => {
    const stopping = new AbortController();
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      fake.onSilence = () => stopping.abort();
      run.event('status', {});
    });
    const { events, error } = await generate(fake, { signal: stopping.signal });
    expect(error).toBeUndefined();
    expect(events.slice(-2)).toMatchObject([{ type: 'image', reason: 'interrupted' }, { type: 'end' }]);
    expect(fake.interrupts).toHaveLength(1);
  });

  it('an end that was sent while the socket was away is noticed', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      fake.cut();
      run.end();
    });
    const { events } = await generate(fake);
    expect(events.at(-2)).toMatchObject({ type: 'image', reason: 'finished' });
  });

  it('waits for one that is away for a while', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      const comeBack = await fake.away();
      setTimeout(async () => {
        await comeBack();
        run.end();
      }, 300);
    });
    const { events, error } = await generate(fake, { reconnectTimeoutMs: 20_000 });
    expect(error).toBeUndefined();
    expect(events.at(-2)).toMatchObject({ type: 'image', reason: 'finished' });
  });

  it.each(['interrupted', 'skipped'] as const)('one that is away holds no image back that is %s', async (reason) => {
    const [stopping, skips] = [new AbortController(), new EventTarget()];
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      await fake.received();
      await fake.away();
      if (reason === 'skipped') skips.dispatchEvent(new Event('skip'));
      else stopping.abort();
    });
    const { events, error } = await generate(fake, { reconnectTimeoutMs: 60_000, signal: stopping.signal, skips });
    expect(error).toBeUndefined();
    expect(events.slice(-2)).toMatchObject([{ type: 'image', reason }, { type: 'end' }]);
  });

  it('a run that is given up is interrupted there', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      fake.brokenOff.set(`/history/${run.id}`, 2);
      run.event('status');
    });
    expect((await generate(fake)).error).toMatchObject({ code: 'network' });
    expect(fake.interrupts).toEqual([{ prompt_id: 'run-1' }]);
  });

  it.each<[string, Script, RegExp]>([
    ['is restarted', async (run) => void (await run.step('sampler', 1, 3)), /no longer knows the run/u],
    ['goes away', async (run) => void (await run.step('sampler', 1, 3)), /Cannot reach ComfyUI/u],
  ])('one that %s is an error, with the steps until then', async (how, script, message) => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      await script(run);
      await fake.received();
      if (how === 'goes away') return fake.stop();
      fake.forget();
      fake.cut();
    });
    const { events, error } = await generate(fake);
    expect(stepsOf(events)).toEqual([1]);
    expect(events.at(-2)).toMatchObject({ type: 'image', reason: 'interrupted' });
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(message) });
  });

  it('garbage on the socket is ignored', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) => {
      for (const garbage of ['', 'null', '{', '[1]', '{"type":3}', Buffer.alloc(3), Buffer.alloc(8, 255)])
        fake.send(garbage);
      fake.send(Buffer.concat([uint32(3), Buffer.from('some text')]));
      fake.send(Buffer.concat([uint32(4), uint32(1e9), Buffer.from('{}')]));
      await run.step('sampler', 1, 3);
      run.end();
    });
    const { events, error } = await generate(fake);
    expect(error).toBeUndefined();
    expect(stepsOf(events)).toEqual([1]);
  });

  it('another server is distinguished from one that cannot be reached', async () => {
    const page = createServer((_, response) => response.end('<html>hello'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void page.close());
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    await expect(createComfyuiHost({ url }).describe()).rejects.toThrow('is not ComfyUI');
    await expect(createComfyuiHost({ url: 'http://127.0.0.1:9' }).describe()).rejects.toThrow('Cannot reach ComfyUI');
    expect(() => createComfyuiHost({ url: 'nowhere' })).toThrow('give one such as');
    expect(() => createComfyuiHost({ workflow: { nodes: [] } })).toThrow('Export (API)');
  });
});

describe('a binary message', () => {
  it('is read whatever it is, and gives back the picture that was put in', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parsePreview(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (node, picture) => {
        const facts = Buffer.from(JSON.stringify({ real_node_id: node, image_type: 'image/png' }));
        const preview = parsePreview(Buffer.concat([uint32(4), uint32(facts.length), facts, picture]));
        expect(preview).toEqual({ type: 'preview', node, file: Buffer.from(picture) });
      }),
    );
  });
});
