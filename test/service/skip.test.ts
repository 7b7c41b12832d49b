import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended, openService, quick, until } from './open-service.js';
import { barrier, PretendedHost } from './pretended-host.js';

it('skips the current image, makes a movie of its steps, and continues with the next', async () => {
  const third = barrier(3);
  const service = await openPretended(await temporaryFolder(), new PretendedHost(third.beforeStep));
  const { id } = await service.submit(named('two', { batchCount: 2 }));
  await third.reached;
  service.skip(id);
  third.open();
  const job = await service.ended(id);
  expect(job).toMatchObject({ state: 'finished', error: null });
  expect(job.images).toMatchObject([{ steps: [1, 2] }, { steps: [1, 2, 3, 4] }]);
  expect(job.animations.map(({ steps }) => steps).toSorted()).toEqual([2, 4]);
  expect(() => service.skip(id)).toThrow('it is not sampling');
});

it('skips the first image though it has not taken a step yet', async () => {
  const service = await openService(await temporaryFolder());
  const generation = { ...quick.generation, batchCount: 2 };
  const { id } = await service.submit({ kind: 'txt2img', generation, animation: quick.animation });
  await until(service, () => service.get(id)?.state === 'running');
  service.skip(id);
  const job = await service.ended(id);
  expect(job).toMatchObject({ state: 'finished', error: null });
  const [skipped, whole] = job.images.map(({ steps }) => steps.length);
  // The skip may come during the first step.
  expect(skipped).toBeLessThanOrEqual(1);
  expect(whole).toBe(5);
});
