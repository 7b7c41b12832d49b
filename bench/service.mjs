import { spawn } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { median, round } from './statistics.mjs';

const command = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const steps = 300;
const clients = 200;
const animations = 1000;

/**
 * How much 200 clients slow the sampler, by the time from the first to the last step of a run, alone and with them,
 * interleaved; and how long a page of a library of 1,000 animations takes.
 */
export async function measureService(work, rounds) {
  const outdir = join(work, 'service');
  mkdirSync(outdir, { recursive: true });
  const service = start([command, 'serve', '--port', '0', '--outdir', outdir]);
  const url = (await service.line()).match(/http:\S+/)[0];
  const seconds = { alone: [], together: [] };
  const served = [];
  for (let index = 0; index <= rounds; index++) {
    const alone = await timeRun(url);
    const others = start([join(import.meta.dirname, 'service-clients.mjs'), url, String(clients)]);
    await others.line();
    const together = await timeRun(url);
    // For the clients to hear of the end.
    await setTimeout(500);
    others.end();
    // The first round warms up.
    if (index === 0) continue;
    served.push(JSON.parse(await others.line()));
    seconds.alone.push(alone);
    seconds.together.push(together);
  }
  const grid = await timeGrid(url, outdir);
  service.process.kill('SIGTERM');
  const result = {
    aloneSeconds: round(median(seconds.alone)),
    togetherSeconds: round(median(seconds.together)),
    polls: served.reduce((sum, { polls }) => sum + polls, 0),
    errors: served.reduce((sum, { errors }) => sum + errors, 0),
    longestMs: Math.round(Math.max(...served.map(({ longestMs }) => longestMs))),
    ended: served.map(({ ended, listeners }) => `${ended} of ${listeners}`).join(', '),
    gridMs: round(grid, 1),
  };
  result.ratio = round(result.togetherSeconds / result.aloneSeconds);
  console.log(
    `\nservice: ${steps} steps, alone and with ${clients} clients; ${animations} animations (medians of ${rounds})`,
  );
  console.table(result);
  return result;
}

/** Seconds from the first step to the last, by the events of the service. */
async function timeRun(url) {
  const ask = async (path, options) => await (await fetch(new URL(`api/v1/${path}`, url), options)).json();
  const { id } = await ask('jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'txt2img',
      generation: { prompt: 'a rocket', steps, seed: 7 },
      animation: { duration: 6 },
    }),
  });
  const response = await fetch(new URL(`api/v1/events?job=${id}`, url));
  let first;
  let last;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      if (event.includes('event: ended')) return perStep(first, last) * (steps - 1);
      const { progress } = JSON.parse(event.match(/^data: (.*)$/m)?.[1] ?? '{}');
      if (progress?.phase !== 'sampling' || !progress.step) continue;
      first ??= { step: progress.step, at: performance.now() };
      if (progress.step > (last?.step ?? 0)) last = { step: progress.step, at: performance.now() };
    }
  }
  throw new Error('The events ended before the job.');
}

function perStep(first, last) {
  return (last.at - first.at) / 1000 / (last.step - first.step);
}

/** Milliseconds that a page of the library takes, of many movies that are one and the same file. */
async function timeGrid(url, outdir) {
  const folder = join(outdir, 'txt2img-images', 'animation');
  const [name] = readdirSync(folder).filter((each) => each.endsWith('.mp4'));
  const copy = join(folder, 'copy-0.mp4');
  copyFileSync(join(folder, name), copy);
  for (let index = 1; index < animations; index++) linkSync(copy, join(folder, `copy-${index}.mp4`));
  await fetch(new URL('api/v1/animations/rebuild', url), { method: 'POST' });
  const times = [];
  for (let index = 0; index < 20; index++) {
    const begun = performance.now();
    const { total, entries } = await (await fetch(new URL('api/v1/animations?limit=48', url))).json();
    times.push(performance.now() - begun);
    if (total < animations || entries.length !== 48)
      throw new Error(`${total} animations, ${entries.length} on a page`);
  }
  return median(times);
}

/** A program of ours whose lines are read one by one. */
function start(args) {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { process: child, line: async () => (await lines.next()).value, end: () => child.stdin.write('\n') };
}
