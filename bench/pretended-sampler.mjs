// A process of its own for each measurement: a sampler that takes `gap` milliseconds a step, and the recorder.
import { openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { animationOptionsSchema } from '../dist/options/animation-options.js';
import { Recorder } from '../dist/recording/recorder.js';
import { median } from './statistics.mjs';

const { folder, raw, pictures, size, steps, gap, animation: options } = JSON.parse(process.argv[2]);
const file = openSync(raw, 'r');
const bytes = size * size * 3;

function picture(step) {
  const data = new Uint8Array(bytes);
  const index = Math.min(Math.floor(((step - 1) * pictures) / steps), pictures - 1);
  readSync(file, data, 0, bytes, index * bytes);
  return { width: size, height: size, data };
}

/** Peak resident memory of this process and its children, in MiB. */
function peakMemory() {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const kibibytes = [process.pid, ...children].map((id) =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0),
  );
  return Math.round(kibibytes.reduce((sum, value) => sum + value, 0) / 1024);
}

rmSync(folder, { recursive: true, force: true });
const animation = animationOptionsSchema.parse({ duration: 30, ...options });
const recorder = await Recorder.open({ animation, folder }, { width: size, height: size });
const infotext = `a red apple\nSteps: ${steps}, Sampler: Euler, CFG scale: 4, Seed: 42, Size: ${size}x${size}`;
const image = { batch: 0, position: 0, seed: 42, prompt: 'a red apple', infotext, width: size, height: size };
recorder.start([image], [{ kind: 'base', steps, exact: true }]);

const waits = [];
const begun = performance.now();
let last = picture(1);
for (let step = 1; step <= steps; step++) {
  await setTimeout(begun + step * gap - performance.now());
  last = picture(step);
  const before = performance.now();
  recorder.step({ image: 0, pass: 0, step }, last);
  waits.push(performance.now() - before);
}
const { finishMs } = await recorder.finish(0, { picture: last, infotext, reason: 'finished' });
process.send({
  finishMs,
  medianWaitMs: median(waits),
  longestWaitMs: Math.max(...waits),
  peakMiB: process.platform === 'linux' ? peakMemory() : Number.NaN,
});
await recorder[Symbol.asyncDispose]();
process.disconnect();
