import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { watchMemory } from './memory.mjs';
import { round } from './statistics.mjs';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const side = 1024;

/** Large pictures through `record`, as fast as it takes them: 1,000 steps of one image, then a batch of eight. */
export async function measureRecord(work, { raw, size, count }) {
  const picture = enlarged(raw, size, count);
  const many = await record(work, picture, { images: 1, steps: 1000 });
  const batch = await record(work, picture, { images: 8, steps: 30 });
  console.log(`\nrecord: raw pictures of ${side}×${side} through a pipe, as fast as they are taken, to 10 s`);
  console.table({ '1,000 steps of one image': many, '30 steps of a batch of eight': batch });
  return { many, batch };
}

async function record(work, picture, { images, steps }) {
  const outdir = join(work, 'record');
  const child = spawn(process.execPath, [command, 'record', '--outdir', outdir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const results = [];
  child.stdout.on('data', (data) => results.push(data));
  const memory = watchMemory(child.pid);
  const begun = performance.now();
  const send = async (message, bytes) => {
    child.stdin.write(`${JSON.stringify(bytes ? { ...message, bytes: bytes.length } : message)}\n`);
    if (bytes && !child.stdin.write(bytes)) await once(child.stdin, 'drain');
  };
  const size = { width: side, height: side };
  const announced = Array.from({ length: images }, (_, seed) => ({ seed, prompt: 'a red apple', ...size }));
  await send({ type: 'start', version: 1, images: announced, passes: [{ steps, exact: true }] });
  const format = { format: 'rgb24', ...size };
  for (let step = 1; step <= steps; step++) {
    for (let image = 0; image < images; image++) {
      await send({ type: 'step', image, step, picture: format }, picture(step / steps));
    }
  }
  const sentSeconds = (performance.now() - begun) / 1000;
  for (let image = 0; image < images; image++) await send({ type: 'image', image, picture: format }, picture(1));
  await send({ type: 'end' });
  child.stdin.end();
  const [code] = await once(child, 'exit');
  const peakMiB = memory.stop();
  if (code !== 0) throw new Error(`record ended with ${code}`);
  rmSync(outdir, { recursive: true });
  const movies = Buffer.concat(results).toString().trim().split('\n').map(JSON.parse);
  return {
    movies: movies.length,
    frames: movies.map(({ frames }) => frames).join(' '),
    'sent in (s)': round(sentSeconds, 1),
    'in all (s)': round((performance.now() - begun) / 1000, 1),
    'longest finish (ms)': Math.round(Math.max(...movies.map(({ finish_ms }) => finish_ms))),
    'peak memory (MiB)': peakMiB,
  };
}

/** The picture at a time from 0 to 1, enlarged by repeating pixels. */
function enlarged(raw, size, count) {
  const small = Buffer.alloc(size * size * 3);
  const factor = side / size;
  return (time) => {
    const file = openSync(raw, 'r');
    readSync(file, small, 0, small.length, Math.min(Math.floor(time * count), count - 1) * small.length);
    closeSync(file);
    const large = Buffer.alloc(side * side * 3);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const from = (Math.floor(y / factor) * size + Math.floor(x / factor)) * 3;
        large.set(small.subarray(from, from + 3), (y * side + x) * 3);
      }
    }
    return large;
  };
}
