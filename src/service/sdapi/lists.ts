import { totalmem } from 'node:os';
import { findModelFolder } from '../../models/stored-models.js';
import type { ServiceFacts } from '../service-info.js';

/** The rows of `GET /sd-models`; where other hosts keep theirs is not known. */
export async function modelItems({ hosts, modelsFolders }: ServiceFacts): Promise<unknown[]> {
  const { models } = await hosts.describe();
  return await Promise.all(
    models.map(async ({ name }) => ({
      ...{ title: name, model_name: name, hash: null, sha256: null },
      filename: await findModelFolder(name, modelsFolders).catch(() => name),
      config: null,
    })),
  );
}

/** The rows of `GET /upscalers`: how the first pass can be enlarged after it has been decoded. */
export const upscalerItems = ['None', 'Lanczos'].map((name) => ({
  ...{ name, model_name: null, model_path: null, model_url: null, scale: 4 },
}));

/** The rows of `GET /latent-upscale-modes`: and before it. */
export const latentUpscaleModes = [{ name: 'Latent' }];

/** What `GET /memory` tells, in bytes; that of a GPU is not known. */
export function memory(): unknown {
  const { rss: used } = process.memoryUsage();
  const total = totalmem();
  return { ram: { free: total - used, used, total }, cuda: { error: 'unavailable' } };
}
