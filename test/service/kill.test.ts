import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openService, poolOf, quick } from './open-service.js';

const script = fileURLToPath(new URL('./service-process.mjs', import.meta.url));
const modelsFolder = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Starts a service, and kills it with all of its processes once this many steps of its job are kept. */
async function killAfter(steps: number, outdir: string): Promise<void> {
  const service = spawn(process.execPath, [script, outdir, modelsFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(service, 'exit');
  let kept = 0;
  for await (const _ of createInterface({ input: service.stdout })) if (++kept === steps) break;
  process.kill(-(service.pid ?? 0), 'SIGKILL');
  await ended;
}

describe('a service that is killed', () => {
  it('lists what its job left at the next start, renders it, and goes on with the queue', async () => {
    const outdir = await temporaryFolder();
    await killAfter(6, outdir);
    const host = createEmbeddedHost({ modelsFolder });
    const service = await openService(outdir, { hosts: poolOf(host) });
    const [second, first] = service.list();
    expect(first).toMatchObject({ state: 'interrupted', options: { generation: { prompt: 'first' } } });
    expect(first?.error).toContain('render the steps that are kept, or run it again');
    const left = (first?.images ?? []).filter(({ steps }) => steps.length > 1);
    expect(left.length).toBeGreaterThan(0);
    for (const { index, steps } of left) {
      for (const step of steps) await sharp(await service.stepPicture(first?.id ?? '', index, step)).stats();
    }

    expect(await service.ended(second?.id ?? '')).toMatchObject({
      state: 'finished',
      images: [{ steps: [1, 2, 3, 4] }],
    });
    const { index = 0, steps = [], path = null } = left.at(-1) ?? {};
    // The finished image, where it is there, takes the place of the last step.
    const shown = path === null ? steps.length : steps.filter((step) => step < 4).length + 1;
    const render = { kind: 'render', of: first?.id ?? '', image: index, animation: quick.animation } as const;
    const rendered = await service.ended((await service.submit(render)).id);
    expect(rendered).toMatchObject({ state: 'finished', animations: [{ steps: shown }] });
    expect(await decodeMovie(rendered.animations[0]?.path ?? '')).toHaveLength(10);

    const again = await service.again(first?.id ?? '');
    expect(again.options).toEqual(first?.options);
    await service.cancel(again.id);
    expect((await service.ended(again.id)).state).toMatch(/interrupted|cancelled/);
    await service[Symbol.asyncDispose]();
  });
});
