import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { serve } from '../cli/serve-command.js';

const mebibyte = 2 ** 20;

/** The most memory that a process had, in MB. */
async function peakOf(pid: number | undefined): Promise<number> {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const json = { 'content-type': 'application/json' };

it.skipIf(process.platform !== 'linux')(
  'needs bounded memory for many small files of huge pictures at once',
  async () => {
    const { url, child } = await serve();
    const side = 8192;
    const brown = { create: { width: side, height: side, channels: 3, background: '#a0522d' } } as const;
    const picture = (await sharp(brown).png({ palette: true }).toBuffer()).toString('base64');
    const body = JSON.stringify({ kind: 'img2img', picture, generation: { steps: 1 }, animation: null });
    const posted = Array.from({ length: 24 }, async () => {
      const response = await fetch(new URL('/api/v1/jobs', url), { method: 'POST', headers: json, body });
      return response.status;
    });
    expect(await Promise.all(posted)).toEqual(Array(24).fill(201));
    // Decoded, they have 4.8 GB.
    expect(await peakOf(child.pid)).toBeLessThan(2500);
  },
);

it('refuses bodies beyond the memory for all together, until others are answered', async () => {
  const { url } = await serve();
  /** A request with a body of 31 MiB, of which the last byte is missing. */
  const begin = async () => {
    const length = 31 * mebibyte;
    const headers = { ...json, 'content-length': length, connection: 'close' };
    const sent = request(new URL('/sdapi/v1/png-info', url), { method: 'POST', headers });
    sent.on('error', () => {});
    const response = once(sent, 'response').then(([answer]): IncomingMessage => answer);
    response.catch(() => {});
    const written = new Promise<void>((resolve) => sent.write(Buffer.alloc(length - 1, ' '), () => resolve()));
    await Promise.race([written, response]);
    return { sent, response };
  };
  const begun: Awaited<ReturnType<typeof begin>>[] = [];
  for (let i = 0; i < 8; i++) begun.push(await begin());
  const refused = await (await begin()).response;
  expect(refused.statusCode).toBe(429);
  expect(refused.headers['retry-after']).toBe('5');
  expect(JSON.parse(await text(refused)).detail).toContain('256 MiB of bodies');
  const [gone, ...others] = begun;
  gone?.sent.destroy();
  for (const { sent, response } of others) {
    sent.end('1');
    expect((await response).statusCode).toBe(422);
  }
  expect((await fetch(new URL('/internal/ping', url))).status).toBe(200);
  const after = await begin();
  after.sent.end('1');
  expect((await after.response).statusCode).toBe(422);
});
