import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { locateModels } from '#src/models/models-folders.js';
import { type JobService, openJobService } from '#src/service/job-service.js';
import { createServer } from '#src/service/server.js';
import { decodeMovie } from '../helpers/movies.js';
import { poolOf } from './open-service.js';

const generation = { prompt: 'a red apple', seed: 42, steps: 5, cfgScale: 1 };
const animation = { look: 'classic', duration: 1, fps: 10 };

type Opened = { readonly app: FastifyInstance; readonly service: JobService; readonly outdir: string };

/** The service with the embedded model, and the server before it. */
async function openApi(ends: (end: () => Promise<unknown>) => void): Promise<Opened> {
  const outdir = await mkdtemp(join(tmpdir(), 'steps-animation-test-'));
  const hosts = poolOf(createEmbeddedHost());
  const service = await openJobService({ outdir, hosts });
  const { packaged, stored } = locateModels();
  const app = await createServer({
    service,
    serviceInfo: { version: '1', device: 'cpu', outdir, modelsFolders: [packaged, stored], hosts },
    logLevel: 'silent',
  });
  ends(async () => {
    await app.close();
    await service[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
    await rm(outdir, { recursive: true, force: true });
  });
  return { app, service, outdir };
}

let opened: Opened;
let end: () => Promise<unknown>;
beforeAll(async () => {
  opened = await openApi((ending) => {
    end = ending;
  });
  return () => end();
});

const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object | Buffer, headers = {}) => {
  const answer = await opened.app.inject({
    ...{ method, url: `/api/v1${path}`, headers: { host: '127.0.0.1', ...headers } },
    ...(payload ? { payload } : {}),
  });
  const type = String(answer.headers['content-type'] ?? '');
  return { ...answer, status: answer.statusCode, type, body: /json/u.test(type) ? answer.json() : answer.rawPayload };
};

async function finished(request: object) {
  const { status, body } = await ask('POST', '/jobs', request);
  expect(status).toBe(201);
  await opened.service.ended(body.id);
  return (await ask('GET', `/jobs/${body.id}`)).body;
}

describe('a job', () => {
  it('goes from a request to images, steps and a movie by their addresses', async () => {
    const job = await finished({ kind: 'txt2img', generation, animation });
    expect(job).toMatchObject({ state: 'finished', error: null, options: { generation, animation } });
    const [image] = job.images;
    expect(image.steps.map(({ step }: { step: number }) => step)).toEqual([1, 2, 3, 4, 5]);
    for (const url of [image.url, ...image.steps.map((each: { url: string }) => each.url)]) {
      const picture = await ask('GET', url.replace('/api/v1', ''));
      expect(picture).toMatchObject({ status: 200, type: 'image/png' });
      expect(await sharp(picture.body).metadata()).toMatchObject({ width: 128, height: 128 });
    }
    const [movie] = job.animations;
    expect(movie).toMatchObject({ codec: 'x264', frames: 10, seed: 42 });
    expect(JSON.stringify(job)).not.toContain(opened.outdir);
  });

  it('has files, and parts of them, as the documentation says', async () => {
    const job = await finished({ kind: 'txt2img', generation, animation });
    const { paths } = (await opened.app.inject({ url: '/docs/json', headers: { host: '127.0.0.1' } })).json();
    const [movie] = job.animations;
    const [image] = job.images;
    const routes: readonly [string, string][] = [
      ['/api/v1/jobs/{id}/images/{image}', image.url],
      ['/api/v1/jobs/{id}/images/{image}/steps/{step}', image.steps[0].url],
      ['/api/v1/animations/{id}/file', movie.url],
      ['/api/v1/animations/{id}/image', `/api/v1/animations/${movie.id}/image`],
      ['/api/v1/animations/{id}/poster', movie.posterUrl],
    ];
    for (const [route, url] of routes) {
      const documented = paths[route].get.responses;
      const ask = async (headers = {}) => {
        const { statusCode, headers: answered } = await opened.app.inject({
          ...{ url, headers: { host: '127.0.0.1', ...headers } },
        });
        const type = String(answered['content-type'] ?? '').split(';')[0] ?? '';
        const types = Object.keys(
          (documented[statusCode] ?? documented[`${statusCode}`.replace(/..$/u, 'XX')]).content ?? {},
        );
        const matches = types.some((known) => known === type || known === type.replace(/\/.*/u, '/*'));
        expect(statusCode === 304 || matches, `${url}: ${statusCode} ${type}`).toBe(true);
        return { statusCode, etag: answered.etag };
      };
      const { statusCode, etag } = await ask();
      expect(statusCode).toBe(200);
      if (route.endsWith('poster')) continue;
      expect(await ask({ range: 'bytes=0-9' })).toMatchObject({ statusCode: 206 });
      expect(await ask({ range: 'bytes=99999999-' })).toMatchObject({ statusCode: 416 });
      expect(await ask({ 'if-none-match': String(etag) })).toMatchObject({ statusCode: 304 });
      expect(await ask({ 'if-match': '"another"' })).toMatchObject({ statusCode: 412 });
    }
  });

  it('has its texts whole by itself, and their beginning in lists', async () => {
    const prompt = 'a 🍎 '.repeat(400);
    const negativePrompt = '🍎'.repeat(600);
    const job = await finished({ kind: 'txt2img', generation: { ...generation, prompt, negativePrompt }, animation });
    expect(job.options.generation).toMatchObject({ prompt, negativePrompt });
    expect(job.images[0].infotext).toContain(prompt.trim());
    const { jobs } = (await ask('GET', '/jobs')).body;
    expect(jobs[0]).toMatchObject({
      options: { generation: { prompt: `${prompt.slice(0, 500)}…`, negativePrompt: `${'🍎'.repeat(250)}…` } },
      images: [{ ...job.images[0], infotext: `${prompt.slice(0, 500)}…` }],
    });
    const [entry] = (await ask('GET', '/animations')).body.entries;
    expect(Math.max(...[entry.prompt, entry.negativePrompt, entry.infotext].map((text) => text.length))).toBe(501);
    const whole = (await ask('GET', `/animations/${entry.id}`)).body;
    expect(whole.prompt).toBe(prompt.trim());
    expect(whole.infotext).toContain(negativePrompt);
    await ask('DELETE', `/animations/${entry.id}`);
    await ask('DELETE', `/jobs/${job.id}`);
  });

  it('without an animation makes the image alone', async () => {
    const job = await finished({ kind: 'txt2img', generation, animation: null });
    expect(job).toMatchObject({ state: 'finished', animations: [], images: [{ steps: [] }] });
  });

  it('starts from a picture, with a mask', async () => {
    const first = await finished({ kind: 'txt2img', generation, animation });
    const { body } = await ask('GET', first.images[0].url.replace('/api/v1', ''));
    const black = await sharp({ create: { width: 128, height: 128, channels: 3, background: 'black' } })
      .png()
      .toBuffer();
    const request = {
      ...{ kind: 'img2img', generation, img2img: { denoisingStrength: 0.6 }, animation },
      ...{ picture: `data:image/png;base64,${body.toString('base64')}`, mask: black.toString('base64') },
    };
    const job = await finished(request);
    expect(job).toMatchObject({ kind: 'img2img', state: 'finished', options: { img2img: { denoisingStrength: 0.6 } } });
    const again = await ask('GET', job.images[0].url.replace('/api/v1', ''));
    expect(await sharp(again.body).raw().toBuffer()).toEqual(await sharp(body).raw().toBuffer());
  });

  it('is rendered again from its steps, as another movie', async () => {
    const { id } = await finished({ kind: 'txt2img', generation, animation });
    const job = await finished({
      kind: 'render',
      of: id,
      animation: { look: 'classic', codec: 'gif', duration: 2, fps: 10 },
    });
    expect(job).toMatchObject({ kind: 'render', images: [], animations: [{ codec: 'gif', frames: 20 }] });
  });

  it('sends its events in order', async () => {
    await opened.app.listen({ port: 0 });
    const address = opened.app.server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const reading = new AbortController();
    onTestFinished(() => reading.abort());
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { signal: reading.signal });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/u);
    const { id } = (await ask('POST', '/jobs', { kind: 'txt2img', generation, animation })).body;
    const types: string[] = [];
    let rest = '';
    read: for await (const chunk of response.body ?? []) {
      const events = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const type = event.match(/^event: (.+)$/mu)?.[1];
        if (type === undefined) continue;
        const data = JSON.parse(event.match(/^data: (.+)$/mu)?.[1] ?? '');
        expect(data.id ?? data.job.id).toBe(id);
        if (types.at(-1) !== type) types.push(type);
        if (type === 'ended') break read;
      }
    }
    const order = ['queued', 'started', 'progress', 'image', 'animation', 'ended'];
    expect(types.filter((type, i) => order.includes(type) && types.indexOf(type) === i)).toEqual(order);
    expect(types).toContain('step');
  });

  it('is found, listed, and forgotten', async () => {
    const { id } = await finished({ kind: 'txt2img', generation, animation });
    expect((await ask('GET', '/jobs?state=finished&limit=1')).body.jobs).toMatchObject([{ id }]);
    expect((await ask('DELETE', `/jobs/${id}`)).status).toBe(204);
    expect((await ask('GET', `/jobs/${id}`)).status).toBe(404);
  });

  it.each([
    [400, { kind: 'paint' }, /kind/u],
    [422, { kind: 'txt2img', generation: { steps: 0 } }, /steps/u],
    [422, { kind: 'txt2img', generation: { sampler: 'none' } }, /There is no sampler "none"/u],
    [422, { kind: 'txt2img', animation: { look: 'classic', codec: 'none' } }, /codec/u],
    [422, { kind: 'img2img', picture: 'AAAA' }, /not a readable picture/u],
    [422, { kind: 'render', of: 'nothing' }, /nothing/u],
  ])('is refused with %i in words: %j', async (status, request, detail) => {
    const answer = await ask('POST', '/jobs', request);
    expect(answer).toMatchObject({ status, type: expect.stringContaining('application/problem+json') });
    expect(answer.body).toMatchObject({ type: 'about:blank', status, detail: expect.stringMatching(detail) });
  });

  it.each([
    ['GET', '/jobs?limit=1000', undefined],
    ['GET', '/animations?limit=0', undefined],
    ['POST', '/jobs/none/move', { position: 0 }],
  ] as const)('%s %s is refused with a number out of range', async (method, path, body) => {
    expect(await ask(method, path, body)).toMatchObject({ status: 400, body: { status: 400 } });
  });

  it.each([
    ['GET', '/jobs/none'],
    ['GET', '/jobs/none/preview'],
    ['GET', '/jobs/none/images/0/steps/1'],
    ['POST', '/jobs/none/cancel'],
    ['POST', '/jobs/none/skip'],
    ['GET', '/animations/none/file'],
    ['GET', '/nothing'],
  ] as const)('%s %s says that it is not there', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({ status: 404, body: { status: 404, detail: expect.any(String) } });
  });
});

describe('an animation', () => {
  it('is sent whole, in part, as a poster, and with its settings', async () => {
    const job = await finished({ kind: 'txt2img', generation, animation });
    const path = `/animations/${job.animations[0].id}`;
    const { body: entry } = await ask('GET', path);
    expect(entry).toMatchObject({
      prompt: 'a red apple',
      codec: 'x264',
      generation: { ...generation, sampler: 'Euler a' },
    });
    const whole = await ask('GET', `${path}/file`);
    expect(whole).toMatchObject({ status: 200, type: 'video/mp4' });
    expect(whole.body).toHaveLength(entry.bytes);
    const part = await ask('GET', `${path}/file`, undefined, { range: 'bytes=10-19' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 10-19/${entry.bytes}` } });
    expect(part.body).toEqual(whole.body.subarray(10, 20));
    expect((await ask('GET', `${path}/file`, undefined, { range: 'bytes=999999999-' })).status).toBe(416);
    const saved = await ask('GET', `${path}/file?download=1`);
    expect(saved.headers['content-disposition']).toMatch(/^attachment; filename="42-a red apple/u);
    expect(await sharp((await ask('GET', `${path}/poster`)).body).metadata()).toMatchObject({
      format: 'webp',
      width: 128,
    });
    expect(await ask('GET', `${path}/image`)).toMatchObject({ status: 200, type: 'image/png' });
  });

  it('may be kept by clients under its address, which changes with its content', async () => {
    const job = await finished({ kind: 'txt2img', generation: { ...generation, prompt: 'kept' }, animation });
    const get = async (url: string, headers = {}) => await ask('GET', url.replace('/api/v1', ''), undefined, headers);
    const cachingOf = async (url: string) => (await get(url)).headers['cache-control'];
    const [movie] = job.animations;
    for (const address of [movie.url, movie.posterUrl]) {
      expect(await cachingOf(address)).toContain('immutable');
      const [bare] = address.split('?');
      for (const other of [bare, `${bare}?v=`, `${bare}?v=1`]) expect(await cachingOf(other)).toBe('private, no-cache');
    }
    // Their addresses have no version: clients ask whether the files have changed.
    const { imageUrl } = (await ask('GET', `/animations/${movie.id}`)).body;
    for (const address of [imageUrl, job.images[0].url, job.images[0].steps[0].url]) {
      const { status, headers } = await get(address);
      expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', etag: expect.any(String) });
      expect(status).toBe(200);
      expect((await get(address, { 'if-none-match': headers.etag })).status).toBe(304);
    }
  });

  it('is searched, filtered, deleted and brought back', async () => {
    const job = await finished({ kind: 'txt2img', generation: { ...generation, prompt: 'zebra' }, animation });
    const { id } = job.animations[0];
    const search = async (query: string) => (await ask('GET', `/animations?${query}`)).body;
    expect(await search('text=zebra')).toMatchObject({ total: 1, entries: [{ id }] });
    expect(await search('text=zebra&codec=gif')).toEqual({ total: 0, entries: [] });
    expect((await ask('GET', '/animations/facets')).body.codecs).toContain('x264');
    expect((await ask('DELETE', `/animations/${id}`)).status).toBe(204);
    expect((await search('text=zebra')).total).toBe(0);
    expect(await ask('POST', `/animations/${id}/restore`)).toMatchObject({ status: 200, body: { id } });
    expect((await search('text=zebra')).total).toBe(1);
    expect((await ask('POST', '/animations/rebuild')).body.animations).toBeGreaterThan(0);
  });
});

describe('inspection', () => {
  it('reads the settings out of images and movies, whole or not at all', async () => {
    const job = await finished({ kind: 'txt2img', generation, animation });
    const path = opened.service.library.get(job.animations[0].id)?.path ?? '';
    expect(await decodeMovie(path)).toHaveLength(10);
    const headers = { 'content-type': 'application/octet-stream' };
    const movie = await ask('POST', '/inspect', await readFile(path), headers);
    expect(movie.body).toMatchObject({
      type: 'movie',
      prompt: 'a red apple',
      generation: { ...generation, model: 'emoji' },
    });
    const image = await ask(
      'POST',
      '/inspect',
      await readFile(opened.service.get(job.id)?.images[0]?.path ?? ''),
      headers,
    );
    expect(image.body).toMatchObject({ type: 'image', infotext: movie.body.infotext });
    expect(await ask('POST', '/inspect', Buffer.from('garbage'), headers)).toMatchObject({ status: 422 });
  });

  it('counts tokens', async () => {
    const count = async (text: string) => (await ask('POST', '/tokens', { text })).body;
    expect(await count('')).toEqual({ count: 0, limit: 23 });
    expect((await count('(a red:1.3) apple')).count).toBe((await count('a red apple')).count);
    expect((await ask('POST', '/tokens', { text: 'a', model: 'none' })).status).toBeGreaterThanOrEqual(400);
  });
});

describe('the documentation', () => {
  it('describes every route as OpenAPI 3.1', async () => {
    const body = (await opened.app.inject({ url: '/docs/json', headers: { host: '127.0.0.1' } })).json();
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/api/v1/')).length).toBeGreaterThan(20);
    expect(body.paths['/api/v1/jobs'].post.requestBody).toBeDefined();
    expect((await opened.app.inject({ url: '/docs/', headers: { host: '127.0.0.1' } })).statusCode).toBe(200);
  });

  it('describes what the service is and can do', async () => {
    const { body } = await ask('GET', '/about');
    expect(body).toMatchObject({
      model: 'emoji',
      models: [{ name: 'emoji', width: 128, height: 128, hosts: ['embedded'] }],
    });
    expect(body.options.generation.map(({ name }: { name: string }) => name)).toContain('sampler');
    expect(body.samplers).toContain('DPM++ 2M');
  });
});
