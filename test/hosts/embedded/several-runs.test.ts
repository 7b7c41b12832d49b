import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { generate, tinyRequest } from '../generate.js';

const tinyModel = fileURLToPath(new URL('../../fixtures/tiny-model', import.meta.url));

async function hostOf(...names: string[]) {
  const folder = await temporaryFolder();
  for (const name of names) await cp(tinyModel, join(folder, name), { recursive: true });
  return createEmbeddedHost({ modelsFolders: [folder] });
}

it('runs of other models leave one that is under way alone', async () => {
  await using host = await hostOf('one', 'two');
  const reasons: string[] = [];
  let others = 0;
  for await (const event of host.generate({ ...tinyRequest, model: 'one', batchCount: 2 })) {
    if (event.type === 'step' && event.step === 2) {
      const { images } = await generate(host, { model: 'two' }, { content: 'denoised' });
      others += images.length;
    }
    if (event.type === 'step' && event.step === 4) await event.picture('denoised');
    if (event.type === 'image') reasons.push(event.reason);
  }
  expect({ reasons, others }).toEqual({ reasons: ['finished', 'finished'], others: 2 });
});

it('runs of one model at once each get their own images', async () => {
  await using host = await hostOf('one');
  const seeds = [1, 2, 3];
  const alone = [];
  for (const seed of seeds) alone.push(await generate(host, { model: 'one', seed }));
  const together = await Promise.all(
    seeds.map((seed) => generate(host, { model: 'one', seed }, { content: 'denoised' })),
  );
  expect(together.map(({ images }) => images[0]?.picture)).toEqual(alone.map(({ images }) => images[0]?.picture));
});
