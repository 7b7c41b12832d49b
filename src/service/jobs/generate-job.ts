import { animate } from '../../app/animate.js';
import type { RunEvent } from '../../app/events.js';
import type { GenerationRequest, Host } from '../../hosts/host.js';
import type { Job } from '../job.js';
import { decodeStart, type JobFiles } from './job-files.js';

export type GenerateJobSettings = {
  readonly job: Job;
  readonly files: JobFiles;
  readonly host: Host;
  readonly outdir: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
  readonly skips: EventTarget;
};

/** Generates the images of a job, and their movies. */
export async function generateJob({ job, files, ...settings }: GenerateJobSettings): Promise<void> {
  const { generation, img2img, animation } = job.options;
  const request: GenerationRequest = {
    ...generation,
    ...(img2img && { start: { ...img2img, ...(await decodeStart(await files.readStart(job.id))) } }),
  };
  await animate({ ...settings, request, animation, tab: img2img ? 'img2img' : 'txt2img' });
}
