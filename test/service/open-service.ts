import { onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { Host } from '#src/hosts/host.js';
import { HostPool } from '#src/service/hosts/host-pool.js';
import { type JobService, type JobServiceSettings, openJobService } from '#src/service/job-service.js';

/** Options that make the images and movies of a job quickly. */
export const quick = {
  generation: { prompt: 'a red apple', seed: 42, steps: 5, cfgScale: 1 },
  animation: { look: 'classic', duration: 1, fps: 10 },
} as const;

/** The hosts of a service that has one. */
export function poolOf(host: Host & Partial<AsyncDisposable>): HostPool {
  const defaultModel = host.name === 'embedded' ? 'emoji' : undefined;
  return new HostPool([{ name: host.name, kind: host.name, url: null, host, ...(defaultModel && { defaultModel }) }]);
}

/** A service that ends with the test; with the embedded model if no host is given. */
export async function openService(
  outdir: string,
  { hosts = poolOf(createEmbeddedHost()), ...settings }: Partial<JobServiceSettings> = {},
): Promise<JobService & AsyncDisposable> {
  onTestFinished(() => hosts[Symbol.asyncDispose]());
  const service = await openJobService({ outdir, hosts, ...settings });
  onTestFinished(() => service[Symbol.asyncDispose]());
  return service;
}

/** A service whose images come from a host without a model. */
export async function openPretended(
  outdir: string,
  host: Host,
  settings: Partial<JobServiceSettings> = {},
): Promise<JobService & AsyncDisposable> {
  return await openService(outdir, { hosts: poolOf(host), ...settings });
}

/** A request that differs from others by its prompt. */
export function named(prompt: string, options: { steps?: number; batchCount?: number } = {}) {
  return { kind: 'txt2img', generation: { prompt, steps: 4, ...options }, animation: quick.animation } as const;
}

/** Resolves when a condition is met, which is checked at once and after each event of the service. */
export async function until(service: JobService, condition: () => boolean): Promise<void> {
  const reading = new AbortController();
  const events = service.events({}, reading.signal);
  try {
    if (condition()) return;
    for await (const _ of events) if (condition()) return;
    throw new Error('The service was closed before the condition was met.');
  } finally {
    reading.abort();
  }
}
