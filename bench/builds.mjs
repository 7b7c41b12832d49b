// This build beside another one, interleaved in one run: `node bench/builds.mjs <checkout of the other> [rounds]`.
// Prints, for each task, the medians of both and the median of the ratios pair by pair.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { watchMemory } from './memory.mjs';
import { makePictures } from './pictures.mjs';
import { median, round } from './statistics.mjs';

const [otherCheckout, rounds = '7'] = process.argv.slice(2);
if (!otherCheckout || !existsSync(join(otherCheckout, 'dist/cli/main.js'))) {
  throw new Error('Name a built checkout: node bench/builds.mjs <checkout> [rounds]');
}
const builds = { before: resolve(otherCheckout), now: join(import.meta.dirname, '..') };
const work = mkdtempSync(join(tmpdir(), 'steps-animation-builds-'));
const pictures = await makePictures(work, { count: 100, size: 512 });

const sampling = ['txt2img', 'a rocket', '--steps', '30', '--seed', '7', '--duration', '6', '--json'];
const tasks = {
  'render 100 pictures of 512×512 to 30 s': ['render', pictures.folder, '--duration', '30', '--json'],
  'txt2img, 30 steps, with its movie': sampling,
  'txt2img, 30 steps, no movie': [...sampling, '--no-create-animation'],
  'start of the command': ['--version'],
};

try {
  const rows = {};
  for (const [name, args] of Object.entries(tasks)) rows[name] = await compare(args);
  console.table(Object.assign({}, ...Object.entries(rows).flatMap(([name, row]) => tableRows(name, row))));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Runs both builds alternately, the order reversed every other round; the first round warms up. */
async function compare(args) {
  const measured = { before: [], now: [] };
  for (let index = 0; index <= Number(rounds); index++) {
    const order = index % 2 ? ['now', 'before'] : ['before', 'now'];
    for (const build of order) {
      const figures = await measure(builds[build], args);
      if (index > 0) measured[build].push(figures);
    }
  }
  return measured;
}

async function measure(checkout, args) {
  const outdir = join(work, 'outputs');
  const where = args[0] === '--version' ? [] : ['--outdir', outdir];
  const begunAt = performance.now();
  const child = spawn(process.execPath, [join(checkout, 'dist/cli/main.js'), ...args, ...where], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const memory = watchMemory(child.pid);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const seconds = (performance.now() - begunAt) / 1000;
  const peakMiB = memory.stop();
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code} in ${checkout}`);
  rmSync(outdir, { recursive: true, force: true });
  const finishMs = /"finish_ms":([\d.]+)/.exec(output)?.[1];
  return { seconds, peakMiB, ...(finishMs && { finishMs: Number(finishMs) }) };
}

function tableRows(name, { before, now }) {
  return Object.keys(now[0]).map((figure) => {
    const ratios = now.map((run, index) => run[figure] / before[index][figure]);
    const row = {
      before: round(median(before.map((run) => run[figure]))),
      now: round(median(now.map((run) => run[figure]))),
      ratio: round(median(ratios)),
    };
    return { [`${name}: ${figure}`]: row };
  });
}
