import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationRequest } from '#src/hosts/host.js';
import { createWebuiHost, type WebuiHostSettings } from '#src/hosts/webui/host.js';
import { type FakeWebui, startFakeWebui } from './fake-webui.js';

async function generate(fake: FakeWebui, request: GenerationRequest = {}, settings: WebuiHostSettings = {}) {
  await using host = createWebuiHost({ url: fake.url, ...settings });
  const events: GenerationEvent[] = [];
  let failure: unknown;
  try {
    for await (const event of host.generate({ steps: 6, ...request })) events.push(event);
  } catch (error) {
    failure = error;
  }
  const images = events.filter((event) => event.type === 'image');
  return { events, images, failure, steps: events.filter((event) => event.type === 'step') };
}

/** Answers with a text where the path is this one. */
const say =
  (wanted: string, status: number, text: string): FakeWebui['intercept'] =>
  (path, response) => {
    if (path !== wanted) return false;
    response.statusCode = status;
    response.end(text);
    return true;
  };

describe('a web UI that', () => {
  it('goes away leaves its last step as the image, in the size of the image', async () => {
    const fake = await startFakeWebui();
    let held: ServerResponse | undefined;
    fake.intercept = (path, response) => {
      if (path === '/sdapi/v1/txt2img') held = response;
      return false;
    };
    fake.onStep = (step) => void (step === 5 && held?.destroy());
    const { failure, images, events, steps } = await generate(fake, { width: 32, height: 16 });
    expect(failure).toMatchObject({ code: 'network', message: expect.stringContaining('Cannot reach') });
    expect(images).toMatchObject([{ reason: 'interrupted', picture: { width: 32, height: 16 } }]);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(events.at(-1)?.type).toBe('end');
  });

  it('goes away in the second image keeps the first', async () => {
    const fake = await startFakeWebui();
    fake.intercept = (path, response, body) => {
      if (path !== '/sdapi/v1/txt2img' || body.seed === 1) return false;
      response.destroy();
      return true;
    };
    const { failure, images } = await generate(fake, { batchCount: 2, seed: 1 });
    expect(images).toMatchObject([{ image: 0, reason: 'finished' }]);
    expect(failure).toMatchObject({ code: 'network' });
  });

  it('that cannot be reached is reported with a remedy', async () => {
    const { failure, events } = await generate(await startFakeWebui(), {}, { url: 'http://127.0.0.1:9' });
    expect(failure).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/127\.0\.0\.1:9 .*see that it runs/),
    });
    expect(events).toEqual([]);
  });

  it.each([
    ['has no API', say('/sdapi/v1/sd-models', 404, '{"detail":"Not Found"}'), 'network', /--api/],
    ['is another program', say('/sdapi/v1/sd-models', 200, '<!DOCTYPE html><html>'), 'network', /DOCTYPE/],
    ['has other lists', say('/sdapi/v1/samplers', 200, '[{"label": 1}]'), 'network', /not a web UI/],
    ['wants a login', say('/sdapi/v1/options', 401, '{"detail":"Not authenticated"}'), 'usage', /--host-auth/],
    [
      'runs out of memory',
      say('/sdapi/v1/txt2img', 500, '{"error":"OutOfMemoryError","detail":"","errors":"CUDA out of memory."}'),
      'network',
      /CUDA out of memory\. See/,
    ],
    [
      'complains',
      say('/sdapi/v1/txt2img', 422, '{"detail":[{"loc":["body","steps"],"msg":"too many"}]}'),
      'usage',
      /steps: too many/,
    ],
    ['sends half an answer', say('/sdapi/v1/txt2img', 200, '{"images": ["iVBOR'), 'network', /iVBOR/],
    [
      'sends a broken image',
      say('/sdapi/v1/txt2img', 200, '{"images": ["AAAA"], "info": "{}"}'),
      'network',
      /cannot|can be read/,
    ],
    ['sends no image', say('/sdapi/v1/txt2img', 200, '{"images": [], "info": "{}"}'), 'network', /no image/],
    ['sends no info', say('/sdapi/v1/txt2img', 200, '{"images": ["AAAA"], "info": "{"}'), 'network', /not a web UI/],
  ])('%s is reported with a remedy', async (_, intercept, code, message) => {
    const { failure } = await generate(await startFakeWebui({ intercept }));
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('answers questions about progress with garbage costs those steps alone', async () => {
    const fake = await startFakeWebui();
    let polls = 0;
    fake.intercept = (path, response) => {
      if (path !== '/internal/progress') return false;
      polls++;
      if (polls === 2) response.end('<html>');
      if (polls === 4) response.destroy();
      return polls === 2 || polls === 4;
    };
    const { failure, images, steps } = await generate(fake, { steps: 5 });
    expect(failure).toBeUndefined();
    expect(images).toMatchObject([{ reason: 'finished' }]);
    expect(steps).toHaveLength(4);
  });

  it('is silent for too long is given up, with its last step', async () => {
    const fake = await startFakeWebui();
    fake.intercept = (path, response) => {
      if (path !== '/internal/progress' || fake.state.sampling_step < 3) return false;
      response.destroy();
      return true;
    };
    const { failure, images } = await generate(fake, {}, { silenceTimeoutMs: 1 });
    expect(failure).toMatchObject({ code: 'network', message: expect.stringContaining('it has not answered for') });
    expect(images).toMatchObject([{ reason: 'interrupted' }]);
    expect(fake.state.interrupted).toBe(true);
  });

  it('sends previews that are none, or the same again, shows the other steps', async () => {
    const fake = await startFakeWebui();
    const seen = new Set<number>();
    fake.intercept = (path, response, body) => {
      if (path !== '/internal/progress' || fake.state.sampling_step !== 3 || seen.has(3)) return false;
      seen.add(3);
      const answer = { active: true, queued: false, completed: false, progress: 0.5, id_live_preview: 900 };
      response.end(JSON.stringify({ ...answer, live_preview: 'data:image/png;base64,AAAA' }));
      return body !== undefined;
    };
    const { failure, steps } = await generate(fake);
    expect(failure).toBeUndefined();
    expect(steps.map(({ step }) => step)).toEqual([...new Set(steps.map(({ step }) => step))].sort());
    expect(steps.length).toBeGreaterThanOrEqual(4);
  });

  it('takes the login that it is given', async () => {
    const fake = await startFakeWebui();
    await generate(fake, {}, { auth: 'ann:se:cret' });
    const expected = `Basic ${Buffer.from('ann:se:cret').toString('base64')}`;
    expect(new Set(fake.requests.map(({ authorization }) => authorization))).toEqual(new Set([expected]));
  });
});

describe('an address', () => {
  it.each([
    ['127.0.0.1:7860', undefined, 'http://'],
    ['ftp://localhost', undefined, 'http://'],
    ['http://ann:secret@localhost:7860', undefined, '--host-auth'],
    ['http://localhost:7860', 'ann', 'user:password'],
  ])('%s with the login %s is refused', (url, auth, word) => {
    expect(() => createWebuiHost({ url, ...(auth !== undefined && { auth }) })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(word) }),
    );
  });
});

describe('a web UI that hangs', () => {
  const paths = (fake: FakeWebui) => fake.requests.map(({ path }) => path);

  it('from its first task on is asked to stop, and does not hold a stop up', async () => {
    const fake = await startFakeWebui();
    const stopping = new AbortController();
    let polls = 0;
    fake.intercept = (path) => {
      if (path === '/internal/progress' && ++polls === 1) stopping.abort();
      return path === '/sdapi/v1/txt2img' || path === '/internal/progress' || path === '/sdapi/v1/interrupt';
    };
    await using host = createWebuiHost({ url: fake.url });
    const events: GenerationEvent[] = [];
    for await (const event of host.generate({ steps: 6 }, stopping.signal)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(paths(fake).filter((path) => path === '/sdapi/v1/interrupt')).toHaveLength(1);
    // Nor is it asked about anything else.
    expect(paths(fake).at(-1)).toBe('/sdapi/v1/interrupt');
  });

  it('in the midst of sampling leaves its last step, and is asked to stop', async () => {
    const fake = await startFakeWebui();
    const stopping = new AbortController();
    fake.intercept = (path) => {
      if (fake.state.sampling_step < 3) return false;
      if (path === '/internal/progress') stopping.abort();
      return path === '/internal/progress' || path === '/sdapi/v1/interrupt';
    };
    await using host = createWebuiHost({ url: fake.url });
    const events: GenerationEvent[] = [];
    for await (const event of host.generate({ steps: 6 }, stopping.signal)) events.push(event);
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['image', 'note', 'end']);
    expect(events.find(({ type }) => type === 'image')).toMatchObject({ reason: 'interrupted' });
    expect(paths(fake)).toContain('/sdapi/v1/interrupt');
  });

  it('before its task is sent does not hold a stop up', async () => {
    const fake = await startFakeWebui();
    const stopping = new AbortController();
    fake.intercept = (path) => {
      if (path === '/sdapi/v1/progress') stopping.abort();
      return path === '/sdapi/v1/progress';
    };
    await using host = createWebuiHost({ url: fake.url });
    const events: GenerationEvent[] = [];
    for await (const event of host.generate({ steps: 6 }, stopping.signal)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
  });

  it('only with the image, and says that nothing is at work, is given up', async () => {
    const fake = await startFakeWebui();
    fake.intercept = (path) => path === '/sdapi/v1/txt2img';
    const { failure } = await generate(fake, {}, { silenceTimeoutMs: 1000 });
    expect(failure).toMatchObject({ code: 'network', message: expect.stringContaining('no longer knows the run') });
  });

  it('or fails at every question is given up, with what it says', async () => {
    const fake = await startFakeWebui();
    fake.intercept = (path, response) => {
      if (path === '/internal/progress') response.writeHead(500).end('{"error":"RuntimeError","errors":"no preview"}');
      return path === '/sdapi/v1/txt2img' || path === '/internal/progress';
    };
    const { failure } = await generate(fake, {}, { silenceTimeoutMs: 1000 });
    expect(failure).toMatchObject({ code: 'network', message: expect.stringContaining('no preview') });
  });
});
