import { expect, it } from 'vitest';
import { animate } from '#src/app/animate.js';
import type { RunEvent } from '#src/app/events.js';
import { samplerNames, schedulerNames } from '#src/diffusion/names.js';
import { createWebuiHost } from '#src/hosts/webui/host.js';
import { probeMovie } from '#src/movie/probe.js';
import { openServer } from '#src/service/server.js';
import { version } from '#src/util/version.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { openPretended, poolOf } from '../../service/open-service.js';
import { PretendedHost } from '../../service/pretended-host.js';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** The service of this package with a pretended model, as the web UI that another one drives. */
async function openWebui(host: PretendedHost) {
  const known = await host.describe();
  host.describe = async () => ({ ...known, samplers: samplerNames, schedulers: schedulerNames });
  const outdir = await temporaryFolder();
  const service = await openPretended(outdir, host);
  return await openServer({
    service,
    serviceInfo: { ...{ version, device: 'cpu', outdir, modelsFolders: [] }, hosts: poolOf(host) },
    ...{ port: 0, logLevel: 'silent', users: ['ann:secret'] },
  });
}

it('makes a movie of what our own service makes, through its API', async () => {
  const pretended = new PretendedHost(() => pause(250));
  await using server = await openWebui(pretended);
  await using host = createWebuiHost({ url: server.url, auth: 'ann:secret' });
  const events: RunEvent[] = [];
  const [movie] = await animate({
    host,
    request: { prompt: 'a red apple', seed: 7, steps: 8 },
    animation: { look: 'classic', duration: 1, fps: 10 },
    outdir: await temporaryFolder(),
    onEvent: (event) => void events.push(event),
  });
  expect(movie).toMatchObject({ width: 64, height: 48, frames: 10, seed: 7 });
  const { tags } = await probeMovie(movie?.path ?? '');
  expect(tags.comment).toContain('Model: pretended');
  expect(pretended.prompts).toEqual(['a red apple']);
  const steps = events.flatMap((event) => (event.type === 'intermediate' ? [event.step] : []));
  expect(steps.length).toBeGreaterThan(2);
  // Pictures are kept side by side.
  expect(steps.toSorted((a, b) => a - b)).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(Math.max(...steps)).toBeLessThanOrEqual(8);
});

it('stops our own service with it', async () => {
  const pretended = new PretendedHost(() => pause(50));
  await using server = await openWebui(pretended);
  await using host = createWebuiHost({ url: server.url, auth: 'ann:secret' });
  const aborting = new AbortController();
  const images: string[] = [];
  for await (const event of host.generate({ prompt: 'a', steps: 1000 }, aborting.signal)) {
    if (event.type === 'step') aborting.abort();
    if (event.type === 'image') images.push(event.reason);
  }
  expect(images).toEqual(['interrupted']);
});
