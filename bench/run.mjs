// Measures us beside a peer, in one run: `npm run bench`. Prints tables and writes bench/results/latest.json.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureLive } from './live.mjs';
import { makePictures } from './pictures.mjs';
import { measureRender } from './render.mjs';
import { writeReport } from './report.mjs';
import { measureSampling } from './sampling.mjs';

const results = join(import.meta.dirname, 'results');
const work = join(results, 'work');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

const rounds = Number(process.env.ROUNDS ?? 5);
const pictures = await makePictures(work, { count: 100, size: 512 });
const render = await measureRender(work, pictures, rounds);
const live = await measureLive(work, pictures, rounds, render.ffmpegSeconds);
const sampling = await measureSampling(work, rounds);

const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
const figures = { date: new Date().toISOString(), machine, rounds, render, live, sampling };
writeFileSync(join(results, 'latest.json'), `${JSON.stringify(figures, null, 2)}\n`);
writeReport(figures);
rmSync(work, { recursive: true, force: true });
