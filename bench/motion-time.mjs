import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MotionInterpolator } from '../dist/motion/motion-interpolator.js';
import { hasFfmpeg } from './minterpolate.mjs';
import { readPlanes } from './motion-sequences.mjs';
import { makePictures } from './pictures.mjs';
import { median, round } from './statistics.mjs';

const count = 100;
const size = 512;
const fps = 30;
/** A movie of 900 frames shows 100 pictures. */
const framesOfAll = 900;

/**
 * Seconds for the frames of a movie (the first `frames` of 900 from 100 pictures), ours and minterpolate's interleaved, of
 * steps of denoising and of pictures in which everything moves. Interpolation only: from planes to planes.
 */
export async function measureTime({ work, synthetic, frames, rounds }) {
  const { folder } = await makePictures(work, { count, size });
  const files = readdirSync(folder).sort();
  const denoising = await Promise.all(files.map((file) => readPlanes(join(folder, file), size)));
  const pan = synthetic.find(({ name }) => name.startsWith('pan, 8')).pictures;
  const cycle = [...pan, ...pan.slice(1, -1).reverse()];
  const moving = Array.from({ length: count }, (_, index) => cycle[index % cycle.length]);
  return {
    frames,
    denoising: await race('steps of denoising', denoising, { work, frames, rounds }),
    moving: await race('a pan', moving, { work, frames, rounds }),
  };
}

async function race(name, pictures, { work, frames, rounds }) {
  const raw = join(work, 'pictures.yuv');
  writeFileSync(raw, Buffer.concat(pictures));
  const runs = { ours: [], minterpolate: [] };
  for (let index = 0; index < rounds; index++) {
    // Before and after: ours takes so little time that other programs may disturb a single run.
    runs.ours.push(await ourRun(pictures, frames));
    if (hasFfmpeg()) runs.minterpolate.push(theirRun(raw, frames));
    for (let again = 0; again < 2; again++) runs.ours.push(await ourRun(pictures, frames));
  }
  const summary = (list) => ({
    wall: round(median(list.map(({ wall }) => wall)), 2),
    fastest: round(Math.min(...list.map(({ wall }) => wall)), 2),
    processor: round(Math.min(...list.map(({ processor }) => processor)), 2),
  });
  const row = { runs, ours: summary(runs.ours) };
  if (runs.minterpolate.length > 0) row.minterpolate = summary(runs.minterpolate);
  console.log(`time, ${name}, ${frames} frames`, JSON.stringify(row));
  return row;
}

/** Seconds of wall-clock and processor time. */
async function ourRun(pictures, frames) {
  const begun = performance.now();
  const before = process.cpuUsage();
  const interpolator = await MotionInterpolator.open({ width: size, height: size, chroma: '420', depth: 8 });
  const out = [0, 1].map(() => new Uint8Array(pictures[0].length));
  const pending = [];
  let from = -1;
  for (let n = 0; n < frames; n++) {
    const position = (n * (pictures.length - 1)) / (Math.max(frames, framesOfAll) - 1);
    const next = Math.min(Math.floor(position), pictures.length - 2);
    if (next !== from) interpolator.setPair(pictures[next], pictures[next + 1]);
    from = next;
    // As an encoder does: a frame is made while the one before is used.
    if (pending.length === out.length) await pending.shift();
    pending.push(interpolator.frame(position - from, out[n % out.length]));
  }
  await Promise.all(pending);
  await interpolator[Symbol.asyncDispose]();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - begun) / 1000, processor: (user + system) / 1e6 };
}

function theirRun(raw, frames) {
  const begun = performance.now();
  const { status, stderr } = spawnSync('ffmpeg', [
    ...['-hide_banner', '-benchmark', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${size}x${size}`],
    ...['-framerate', `${count * fps}/${framesOfAll}`, '-i', raw, '-vf', `minterpolate=fps=${fps}:mi_mode=mci`],
    ...['-frames:v', String(frames), '-f', 'null', '-'],
  ]);
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${stderr}`);
  const wall = (performance.now() - begun) / 1000;
  const [, user, system] = String(stderr).match(/utime=([\d.]+)s stime=([\d.]+)s/) ?? [];
  return { wall, processor: Number(user) + Number(system) };
}

/** Milliseconds per pair and per frame, by size. */
export async function measureSizes(synthetic) {
  const pan = synthetic.find(({ name }) => name.startsWith('pan, 8')).pictures;
  const rows = [];
  for (const side of [128, 256, 512, 1024, 2048]) {
    const [a, b] = pan.slice(0, 2).map((planes) => tiled(planes, side));
    const interpolator = await MotionInterpolator.open({ width: side, height: side, chroma: '420', depth: 8 });
    const out = new Uint8Array(a.length);
    const pairs = [];
    const frames = [];
    for (let n = 0; n < 12; n++) {
      pairs.push(await milliseconds(() => (n % 2 ? interpolator.setPair(b, a) : interpolator.setPair(a, b))));
      frames.push(await milliseconds(() => interpolator.frame(0.4, out)));
    }
    await interpolator[Symbol.asyncDispose]();
    const row = { side, pair: round(median(pairs.slice(3)), 2), frame: round(median(frames.slice(3)), 2) };
    rows.push({ ...row, framePerMegapixel: round(row.frame / (side * side * 1e-6), 2) });
    console.log('size', rows.at(-1));
  }
  return rows;
}

async function milliseconds(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Luma of 512×512, repeated or cropped to another size, in grey: the same detail and motion at every size. */
function tiled(planes, side) {
  const result = new Uint8Array((side * side * 3) / 2).fill(128);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) result[y * side + x] = planes[(y % size) * size + (x % size)];
  }
  return result;
}
