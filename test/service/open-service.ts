import { onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#dist/hosts/embedded.js';
import type { JobService } from '#dist/service/job.js';
import { type JobServiceSettings, openJobService } from '#dist/service/job-service.js';

/** Options that make the steps of a job quickly. */
export const quick = {
  generation: { prompt: 'a red apple', seed: 42, steps: 5, cfgScale: 1 },
  animation: { duration: 1, fps: 10 },
} as const;

/** A service with the embedded model, which ends with the test. */
export async function openService(
  outdir: string,
  settings: Partial<JobServiceSettings> = {},
): Promise<JobService & AsyncDisposable> {
  const host = createEmbeddedHost();
  const service = await openJobService({ outdir, host, ...settings });
  onTestFinished(async () => {
    await service[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });
  return service;
}
