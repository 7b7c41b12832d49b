import { onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#dist/hosts/embedded.js';
import type { JobService } from '#dist/service/job.js';
import { type JobServiceSettings, openJobService } from '#dist/service/job-service.js';

/** Options that make the images and movies of a job quickly. */
export const quick = {
  generation: { prompt: 'a red apple', seed: 42, steps: 5, cfgScale: 1 },
  animation: { duration: 1, fps: 10 },
} as const;

/** A service that ends with the test; with the embedded model if no host is given. */
export async function openService(
  outdir: string,
  { host, ...settings }: Partial<JobServiceSettings> = {},
): Promise<JobService & AsyncDisposable> {
  const embedded = host ? undefined : createEmbeddedHost();
  onTestFinished(async () => void (await embedded?.[Symbol.asyncDispose]()));
  const given = host ?? embedded;
  if (!given) throw new Error('no host');
  const service = await openJobService({ outdir, host: given, ...settings });
  onTestFinished(() => service[Symbol.asyncDispose]());
  return service;
}

/** A service whose images come from a host without a model. */
export async function openPretended(
  outdir: string,
  host: JobServiceSettings['host'],
  settings: Partial<JobServiceSettings> = {},
): Promise<JobService & AsyncDisposable> {
  return await openService(outdir, { host, model: 'pretended', ...settings });
}

/** A request that differs from others by its prompt. */
export function named(prompt: string, options: { steps?: number } = {}) {
  return { kind: 'txt2img', generation: { prompt, steps: 4, ...options }, animation: quick.animation } as const;
}
