import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openService, quick } from './open-service.js';

it('skips the image at hand, makes a movie of what there is, and goes on', async () => {
  const service = await openService(await temporaryFolder());
  const generation = { ...quick.generation, steps: 300, batchCount: 2 };
  const { id } = await service.submit({ kind: 'txt2img', generation, animation: quick.animation });
  const reading = new AbortController();
  for await (const event of service.events({ id }, reading.signal)) {
    if (event.type !== 'progress' || event.progress.step < 5) continue;
    service.skip(id);
    break;
  }
  const job = await service.ended(id);
  expect(job).toMatchObject({ state: 'finished', error: null });
  expect(job.images).toHaveLength(2);
  const [skipped, whole] = job.images;
  expect(skipped?.steps.length).toBeLessThan(300);
  expect(whole?.steps).toHaveLength(300);
  expect(job.animations).toHaveLength(2);
  expect(() => service.skip(id)).toThrow('it is not sampling');
});

it('skips the first image though it has not taken a step yet', async () => {
  const service = await openService(await temporaryFolder());
  const generation = { ...quick.generation, batchCount: 2 };
  const { id } = await service.submit({ kind: 'txt2img', generation, animation: quick.animation });
  await expect.poll(() => service.get(id)?.state, { interval: 1 }).toBe('running');
  service.skip(id);
  const job = await service.ended(id);
  expect(job).toMatchObject({ state: 'finished', error: null });
  const [skipped, whole] = job.images.map(({ steps }) => steps.length);
  // The skip may come while the first step is at hand.
  expect(skipped).toBeLessThanOrEqual(1);
  expect(whole).toBe(5);
});
