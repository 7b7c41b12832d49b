import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { MotionInterpolator } from '../dist/motion/motion-interpolator.js';
import { CrossFade } from '../dist/movie/in-betweens/cross-fade.js';
import { MotionPath } from '../dist/movie/in-betweens/motion-path.js';
import { SmoothPath } from '../dist/movie/in-betweens/smooth-path.js';
import { allocateFrameMemory } from '../dist/movie/kernels/frame-memory.js';
import { createTimeline, shownVisits } from '../dist/movie/timeline.js';
import { psnr, sharpness } from './similarity.mjs';
import { median, round } from './statistics.mjs';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const steps = 30;
/** None of these was used to choose the constants of the formula. */
const prompts = [...['a snail', 'a banana', 'a bus', 'a ghost', 'a star', 'a mushroom']];
/** Prompts of which the steps are also enlarged to 512×512, which takes much longer. */
const enlargedPrompts = 1;
/** Samplers that gain, each also with the schedule that people use most. */
export const deterministic = ['Euler', 'Heun', 'DPM++ 2M', 'DDIM', 'UniPC'];

const plain = { fps: 10, interpolation: 'smooth', loop: 'none', firstFrameDuration: 0, lastFrameDuration: 0 };

/**
 * Leaves out steps and makes them from their neighbours, by the classes that movies are made with: gain in PSNR over a
 * cross-fade (dB, all three colours, 8 bits) and sharpness, for every sampler. Then the time and the size of movies.
 */
export async function measureSmooth(work, pictures, rounds) {
  const rows = await measureGains(prompts);
  const time = measureTime(work, pictures, Math.max(rounds, 5));
  return { prompts: { small: prompts.length, large: enlargedPrompts }, steps, rows, time };
}

async function measureGains(subjects) {
  const host = createEmbeddedHost();
  const { samplers } = await host.describe();
  const kinds = [
    ...deterministic.map((sampler) => ({ sampler, scheduler: 'Karras' })),
    ...samplers.map((sampler) => ({ sampler: sampler.name ?? sampler, scheduler: 'Automatic' })),
  ];
  const [small, big] = [await judgeOf(128), await judgeOf(512)];
  const rows = [];
  for (const kind of kinds) {
    const measured = { 128: [], 512: [] };
    for (const [index, prompt] of subjects.entries()) {
      const pictures = await stepsOf(host, { ...kind, prompt, seed: 1000 + 31 * index });
      measured[128].push(...(await leaveOut(pictures.map(planesOf), 128, small.judge)));
      if (index >= enlargedPrompts) continue;
      const enlarged = await Promise.all(pictures.map(enlarge));
      measured[512].push(...(await leaveOut(enlarged.map(planesOf), 512, big.judge)));
    }
    for (const [side, list] of Object.entries(measured)) rows.push({ ...kind, side: Number(side), ...meansOf(list) });
    console.log(rows.at(-2), rows.at(-1));
  }
  await Promise.all([small.close(), big.close(), host[Symbol.asyncDispose]()]);
  return rows;
}

async function stepsOf(host, request) {
  const pictures = [];
  const rest = {
    model: 'emoji',
    width: 128,
    height: 128,
    negativePrompt: '',
    cfgScale: 4,
    batchCount: 1,
    batchSize: 1,
  };
  for await (const event of host.generate({ ...rest, ...request, steps })) {
    if (event.type === 'step') pictures.push(await event.picture('denoised'));
  }
  return pictures;
}

async function enlarge({ width, height, data }) {
  const raw = { width, height, channels: 3 };
  const large = sharp(data, { raw }).resize(512, 512, { kernel: 'lanczos3' });
  return { width: 512, height: 512, data: await large.raw().toBuffer() };
}

/** Planes of green, blue and red. */
function planesOf({ width, height, data }) {
  const { kernels, buffers } = allocateFrameMemory([data.length, data.length]);
  buffers[0].bytes.set(data);
  kernels.rgbToPlanes(buffers[0].address, buffers[1].address, width, height);
  return buffers[1].bytes.slice();
}

/**
 * Leaves out each picture and makes it from its neighbours: those next to it, and the ones beyond these that are `reach`
 * steps from it. With 3, that is a movie of every second step; with 2, one of all steps but one, at uneven times.
 */
async function leaveOut(pictures, side, judge) {
  const judged = [];
  for (let left = 1; left + 1 < pictures.length; left++) {
    const beside = (sharpness(pictures[left - 1], side, side) + sharpness(pictures[left + 1], side, side)) / 2;
    const row = { beside };
    for (const reach of [2, 3]) {
      const places = [-reach, -1, 1, reach].filter((offset) => pictures[left + offset]);
      row[reach] = await judge(
        places,
        places.map((offset) => pictures[left + offset]),
        pictures[left],
      );
    }
    judged.push(row);
  }
  return judged;
}

/** Makes the frame halfway between the two middle ones of some pictures in each way, and compares it with the truth. */
async function judgeOf(side) {
  const bytes = 3 * side * side;
  const sizes = [bytes, SmoothPath.bendBytes(bytes, 8), SmoothPath.scratchBytes(side), bytes];
  const { kernels, buffers } = allocateFrameMemory([...sizes, bytes, bytes, bytes, bytes]);
  const [out, bend, scratch, moved, ...held] = buffers;
  const planes = Array.from({ length: 3 }, () => ({ width: side, height: side }));
  const path = { kernels, depth: 8, planes, out, bend, scratch };
  const crossFade = new CrossFade(kernels, 8, out);
  const motion = await MotionInterpolator.open({ width: side, height: side, chroma: '444', depth: 8 });
  const judge = async (places, pictures, truth) => {
    for (const [index, picture] of pictures.entries()) held[index].bytes.set(picture);
    const times = places.map((place) => (place - places[0]) / (places.at(-1) - places[0]));
    const timeline = createTimeline(places.length, { ...plain, duration: places.length }, times);
    const smooth = new SmoothPath(path, { timeline, shown: shownVisits(timeline), crossFade });
    const ways = { blend: crossFade, smooth, mci: new MotionPath(motion, smooth, crossFade, moved) };
    const from = places.indexOf(-1);
    const row = {};
    for (const [name, way] of Object.entries(ways)) {
      const { bytes: frame } = await way.frame({ from, to: from + 1, weight: 0.5 }, (visit) => held[visit]);
      row[name] = { psnr: psnr(frame, truth, side, 3 * side), sharpness: sharpness(frame, side, side) };
    }
    return row;
  };
  return { judge, close: () => motion[Symbol.asyncDispose]() };
}

function meansOf(list) {
  const mean = (value) => round(list.reduce((sum, row) => sum + value(row), 0) / list.length);
  return {
    blend: mean((row) => row[3].blend.psnr),
    gain: mean((row) => row[3].smooth.psnr - row[3].blend.psnr),
    gainOfOne: mean((row) => row[2].smooth.psnr - row[2].blend.psnr),
    gainOfMci: mean((row) => row[3].mci.psnr - row[3].blend.psnr),
    sharpness: mean((row) => row[3].smooth.sharpness / row.beside),
    sharpnessOfBlend: mean((row) => row[3].blend.sharpness / row.beside),
  };
}

/** Whole commands, alternately: seconds and seconds of processor time for 100 pictures of 512×512 to 30 seconds. */
function measureTime(work, { folder }, rounds) {
  const runs = { blend: [], smooth: [] };
  const bytes = {};
  for (let index = 0; index <= rounds; index++) {
    const names = index % 2 ? ['smooth', 'blend'] : ['blend', 'smooth'];
    for (const interpolation of names) {
      const output = join(work, `${interpolation}.mp4`);
      rmSync(output, { force: true });
      const seconds = render(folder, interpolation, output);
      // The first round warms up.
      if (index > 0) runs[interpolation].push(seconds);
      bytes[interpolation] = statSync(output).size;
    }
  }
  const time = { ...summaryOf(runs, 'wall'), processor: summaryOf(runs, 'processor'), rounds, bytes };
  console.log('time', time);
  return time;
}

function render(folder, interpolation, output) {
  const args = ['render', folder, '--duration', '30', '--interpolation', interpolation, '--output', output];
  const begun = performance.now();
  const timedCommand = `TIMEFORMAT='%U %S'; time "$0" "$@" > /dev/null 2>&1`;
  const { status, stderr } = spawnSync('bash', ['-c', timedCommand, process.execPath, command, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`render --interpolation ${interpolation} ended with ${status}`);
  const [user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  return { wall: (performance.now() - begun) / 1000, processor: user + system };
}

function summaryOf({ blend, smooth }, kind) {
  return {
    blend: round(median(blend.map((run) => run[kind]))),
    smooth: round(median(smooth.map((run) => run[kind]))),
    ratio: round(median(smooth.map((run, index) => run[kind] / blend[index][kind]))),
  };
}
