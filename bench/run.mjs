// Measures us beside a peer, in one run: `npm run bench`, or some sections of it: `npm run bench -- codecs record`.
// Prints tables and writes bench/results/latest.json and the pages in docs/ that quote figures.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureCodecs } from './codecs.mjs';
import { measureEmbeddedModel } from './embedded-model.mjs';
import { measureEngine } from './engine.mjs';
import { measureEvenness } from './evenness.mjs';
import { measureHolds } from './holds.mjs';
import { measureHosts } from './hosts.mjs';
import { measureFinish, measureLive } from './live.mjs';
import { writeMotionReport } from './motion-report.mjs';
import { measurePage } from './page.mjs';
import { makePictures } from './pictures.mjs';
import { measureQueue } from './queue.mjs';
import { measureRecord } from './record.mjs';
import { writeReports } from './report.mjs';
import { measureSampling } from './sampling.mjs';
import { measureService } from './service.mjs';
import { measureSmooth } from './smooth.mjs';

const sections = {
  codecs: async () => await measureCodecs(work, pictures, rounds),
  holds: async () => await measureHolds(work),
  finish: async () => await measureFinish(work, pictures, rounds),
  live: async () => await measureLive(work, pictures, rounds),
  record: async () => await measureRecord(work, pictures),
  sampling: async () => await measureSampling(work, 3 * rounds),
  embedded: async () => await measureEmbeddedModel(rounds),
  evenness: async () => await measureEvenness(work),
  engine: async () => await measureEngine(work, rounds),
  service: async () => await measureService(work, rounds),
  queue: async () => await measureQueue(work, rounds),
  hosts: async () => await measureHosts(work, rounds),
  page: async () => await measurePage(work, rounds),
  smooth: async () => await measureSmooth(work, pictures, rounds),
  motion: measureMotion,
};

const results = join(import.meta.dirname, 'results');
const work = join(results, 'work');
const latest = join(results, 'latest.json');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

/** A program of its own, which writes docs/interpolation.md: it takes long, and can be asked for parts. */
async function measureMotion() {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'motion.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`bench/motion.mjs ended with ${status}`);
  return { figures: 'motion.json' };
}

const rounds = Number(process.env.ROUNDS ?? 3);
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sections);
const pictures = await makePictures(work, { count: 100, size: 512 });
const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
const figures = existsSync(latest) ? JSON.parse(readFileSync(latest, 'utf8')) : {};
for (const name of names) {
  if (!sections[name]) throw new Error(`There is no section ${name}; there are: ${Object.keys(sections).join(', ')}.`);
  const measured = await sections[name]();
  if (measured) figures[name] = { date: new Date().toISOString(), machine, rounds, ...measured };
  writeFileSync(latest, `${JSON.stringify(figures, null, 2)}\n`);
}
writeReports(figures);
if (figures.smooth) {
  writeMotionReport(JSON.parse(readFileSync(join(results, 'motion.json'), 'utf8')), figures.smooth);
}
rmSync(work, { recursive: true, force: true });
