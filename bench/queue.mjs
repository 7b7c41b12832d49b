import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generationOptionsSchema } from '../dist/options/generation-options.js';
import { Database } from '../dist/service/database.js';
import { HostPool } from '../dist/service/hosts/host-pool.js';
import { openJobService } from '../dist/service/job-service.js';
import { JobStore } from '../dist/service/jobs/job-store.js';
import { median, round } from './statistics.mjs';

const lengths = [100, 10_000];
/** how many jobs are timed in each queue */
const timed = 100;

/**
 * What the start and the end of a job cost with 100 and with 10,000 queued behind it, interleaved: the jobs' host makes
 * nothing, so that their time is the queue's. Moves to the middle as well.
 */
export async function measureQueue(work, rounds) {
  const times = new Map(lengths.map((length) => [length, { job: [], move: [] }]));
  for (let index = 0; index <= 3 * rounds; index++) {
    for (const length of lengths) {
      const { jobMs, moveMs } = await timeQueue(join(work, `queue-${index}-${length}`), length);
      // The first round warms up.
      if (index === 0) continue;
      times.get(length).job.push(jobMs);
      times.get(length).move.push(moveMs);
    }
  }
  const rows = lengths.map((length) => {
    const { job, move } = times.get(length);
    return { queued: length, startAndEndMs: round(median(job)), moveMs: round(median(move)) };
  });
  const [short, long] = rows;
  const result = { rows, ratio: round(long.startAndEndMs / short.startAndEndMs, 2) };
  console.log(`\nqueue: start and end of a job that makes nothing (medians of ${3 * rounds} rounds of ${timed})`);
  console.table(rows);
  console.log(`ratio: ${result.ratio}`);
  return result;
}

/** Milliseconds from the start of a job to that of the next, and of a move into the middle. */
async function timeQueue(outdir, length) {
  mkdirSync(outdir, { recursive: true });
  await fill(outdir, length + timed);
  const host = {
    name: 'empty',
    describe: async () => ({ models: [{ name: 'none', width: 64, height: 64 }], samplers: [], schedulers: [] }),
    async *generate() {
      yield { type: 'end' };
    },
  };
  const hosts = new HostPool([{ name: host.name, kind: host.name, url: null, host }]);
  const service = await openJobService({ outdir, hosts });
  const reading = new AbortController();
  const begun = [];
  for await (const event of service.events({}, reading.signal)) {
    if (event.type === 'started') begun.push(performance.now());
    if (begun.length === timed) break;
  }
  await service[Symbol.asyncDispose]();
  const moveMs = await timeMoves(outdir, Math.floor(length / 2));
  return { jobMs: median(begun.slice(1).map((time, index) => time - begun[index])), moveMs };
}

async function fill(outdir, count) {
  const database = await Database.open(outdir, console.error);
  const store = new JobStore(database);
  const generation = generationOptionsSchema.parse({ prompt: 'an apple', model: 'none', steps: 1 });
  const options = { generation, img2img: null, animation: null, of: null, image: null };
  database.transaction(() => {
    for (let i = 0; i < count; i++) store.add({ id: `job ${i}`, kind: 'txt2img', options, hosts: ['empty'] });
  });
  await database[Symbol.asyncDispose]();
}

async function timeMoves(outdir, place) {
  const database = await Database.open(outdir, console.error);
  const { queue } = new JobStore(database);
  const ids = queue.ids(['empty']).slice(-20);
  const times = ids.map((id) => {
    const begun = performance.now();
    queue.move(id, place);
    return performance.now() - begun;
  });
  await database[Symbol.asyncDispose]();
  return median(times);
}
