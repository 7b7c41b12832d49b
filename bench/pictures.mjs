import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';

/**
 * The denoised steps of our own engine, enlarged: numbered PNG files in a folder, and the same pictures one
 * after another in a raw RGB file, from which a pretended sampler reads them at no cost.
 */
export async function makePictures(work, { count, size }) {
  const folder = join(work, 'pictures');
  const raw = join(work, 'pictures.rgb');
  mkdirSync(folder, { recursive: true });
  const file = openSync(raw, 'w');
  const host = createEmbeddedHost();
  const { models, samplers } = await host.describe();
  const request = {
    ...{ model: models[0].name, width: models[0].width, height: models[0].height },
    ...{ prompt: 'a red apple', negativePrompt: '', sampler: samplers[0], scheduler: 'karras' },
    ...{ steps: count, cfgScale: 4, seed: 42, batchCount: 1, batchSize: 1 },
  };
  for await (const event of host.generate(request)) {
    if (event.type !== 'step') continue;
    const { width, height, data } = await event.picture('denoised');
    const large = sharp(data, { raw: { width, height, channels: 3 } }).resize(size, size, { kernel: 'lanczos3' });
    writeSync(file, await large.clone().raw().toBuffer());
    await large.png().toFile(join(folder, `${String(event.step).padStart(7, '0')}.png`));
  }
  closeSync(file);
  await host[Symbol.asyncDispose]();
  return { folder, raw, count, size };
}
