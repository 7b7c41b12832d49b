import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { pngSignature } from '#src/infotext/png.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const delayMeter = pathToFileURL(fileURLToPath(new URL('./loop-delay.mjs', import.meta.url))).href;

/** No request may block the service for longer; a machine that is busy elsewhere may, so the best of a few tries counts. */
const maxBlockedMs = 100;
const tries = 5;

type Send = (
  path: string,
  body: string | Buffer<ArrayBuffer>,
  type?: string,
) => Promise<{ status: number; text: string }>;
let post: Send;
let blockedMs: () => Promise<number>;

beforeAll(async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'steps-animation-test-'));
  const child = fork(command, ['serve', '--port', '0', '--outdir', outdir], {
    execArgv: ['--import', delayMeter],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = await once(createInterface(child.stdout ?? process.stdin), 'line');
  const url = /http:\S+/.exec(line)?.[0];
  post = async (path, body, type = 'application/json') => {
    const response = await fetch(new URL(path, url), { method: 'POST', headers: { 'content-type': type }, body });
    return { status: response.status, text: await response.text() };
  };
  blockedMs = async () => {
    child.send('measure');
    const [{ maxMs }] = await once(child, 'message');
    return maxMs;
  };
  // Modules are loaded by the first request.
  await post('/api/v1/tokens', JSON.stringify({ text: 'a red apple' }));
  await post('/sdapi/v1/png-info', JSON.stringify({ image: 'a'.repeat(100_000) }));
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    await rm(outdir, { recursive: true, force: true });
  };
});

const nested = (depth: number, inner: string) => `${'('.repeat(depth)}${inner}${')'.repeat(depth)}`;
const alternatives = `[${Array.from({ length: 1000 }, (_, i) => i).join('|')}]`;
const tokens = (text: string) => ['/api/v1/tokens', JSON.stringify({ text, steps: 1000 })] as const;
const job = (prompt: string) =>
  ['/api/v1/jobs', JSON.stringify({ kind: 'txt2img', generation: { prompt, steps: 1000 } })] as const;
const mebibyte = 2 ** 20;
/** Header and texts of a PNG file without pixels. */
const png = (...chunks: Buffer[]) => Buffer.concat([pngSignature, chunk('IHDR', header), ...chunks]);
const chunk = (type: string, data: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
};
const header = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
const zipped = (length: number) =>
  chunk('zTXt', Buffer.concat([Buffer.from('parameters\0\0', 'latin1'), deflateSync('a'.repeat(length))]));
const pixels = chunk('IDAT', deflateSync(Buffer.alloc(8 * 25)));
const many = (bytes: number) => Buffer.alloc(Math.floor(bytes / 12) * 12, chunk('abCd', Buffer.alloc(0)));
const ending = chunk('IEND', Buffer.alloc(0));

it.each([
  ['an infotext of 15 MB, zipped', png(zipped(15e6), pixels, ending)],
  ['an infotext of 1 MB without settings', png(zipped(1e6), pixels, ending)],
  ['10 MB of empty chunks', png(many(10e6), pixels, ending)],
  ['400 MB of empty chunks', png(many(4e8), pixels, ending)],
])('is not blocked by a picture with %s', async (_, file) => {
  const blocked: number[] = [];
  for (let i = 0; i < tries && Math.min(...blocked) >= maxBlockedMs; i++) {
    await blockedMs();
    const { status } = await post('/api/v1/inspect', file, 'application/octet-stream');
    expect([200, 422]).toContain(status);
    blocked.push(await blockedMs());
  }
  expect(Math.min(...blocked), `blocked for ${blocked.map(Math.round).join(', ')} ms`).toBeLessThan(maxBlockedMs);
  expect(await post('/api/v1/inspect', png(zipped(20), pixels, ending), 'image/png')).toMatchObject({ status: 200 });
});

it.each<readonly [string, number, readonly [string, string, string?]]>([
  ['2,000 nested brackets around 1,000 alternatives', 422, tokens(nested(2000, alternatives))],
  ['10,000 nested brackets', 200, tokens(nested(9_999, 'a'))],
  ['brackets that never close', 200, tokens('(a'.repeat(9000))],
  ['2,000 alternations of two words', 200, tokens('[a|b]'.repeat(3900))],
  ['one word of 20,000 letters', 200, tokens('a'.repeat(20_000))],
  ['a prompt of 100 kB', 400, tokens('a '.repeat(50_000))],
  ['a prompt of 1 MB', 413, tokens('a'.repeat(mebibyte))],
  ['a job of 1,000 alternatives', 422, job(alternatives)],
  ['a job with a prompt of 900 kB', 422, job('('.repeat(900_000))],
  ['a job with a prompt of 30 MB', 422, job('('.repeat(30 * mebibyte))],
  ['JSON that nests 30 million times', 400, ['/api/v1/jobs', '['.repeat(30 * mebibyte)]],
  ['JSON with 15 million numbers', 400, ['/api/v1/jobs', `[${'1,'.repeat(15 * mebibyte)}1]`]],
  [
    'a picture of 30 MB that is none',
    422,
    ['/sdapi/v1/png-info', JSON.stringify({ image: 'a'.repeat(30 * mebibyte) })],
  ],
])('is not blocked by %s', async (_, status, [path, body, type]) => {
  const bytes = Buffer.from(body);
  const blocked: number[] = [];
  for (let i = 0; i < tries && Math.min(...blocked) >= maxBlockedMs; i++) {
    await blockedMs();
    const answer = await post(path, bytes, type);
    expect(answer, answer.text.slice(0, 500)).toMatchObject({ status });
    expect(answer.text.length).toBeLessThan(1000);
    blocked.push(await blockedMs());
  }
  expect(Math.min(...blocked), `blocked for ${blocked.map(Math.round).join(', ')} ms`).toBeLessThan(maxBlockedMs);
});
