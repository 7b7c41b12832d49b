import type { Job } from '../job.js';

/** What a client has asked of the running job. */
export type Requests = { readonly interrupted: boolean; readonly skipped: boolean };

/** The web UIs' state of the work, as `GET /progress` tells it. */
export function stateOf(job: Job | undefined, { interrupted, skipped }: Requests): Record<string, unknown> {
  const { batch, batches, step, steps } = placeOf(job);
  return {
    ...{ skipped, interrupted, stopping_generation: false },
    job: job ? `scripts_${job.kind}` : '',
    job_count: batches,
    job_timestamp: job?.startedAt ? timestampOf(new Date(job.startedAt)) : '0',
    job_no: batch,
    sampling_step: step,
    sampling_steps: steps,
  };
}

/** From 0 to 1; a movie that is still being made belongs to the last hundredth. */
export function shareDone({ progress }: Job): number {
  if (!progress || progress.steps === 0) return 0.01;
  return Math.min(Math.max(progress.step / progress.steps, 0.01), 0.99);
}

/** Seconds until the job is done: those that the service estimates, else by the time that has passed. */
export function secondsLeft(job: Job, now: number): number {
  const passed = (now - (job.startedAt ?? now)) / 1000;
  return job.progress?.secondsLeft ?? passed / shareDone(job) - passed;
}

/** One line on what is going on beyond sampling. */
export function textOf({ progress }: Job): string | null {
  if (progress?.phase === 'loading') return 'Loading the model';
  if (progress?.phase === 'rendering') return `Animation: frame ${progress.frame} of ${progress.frames}`;
  return null;
}

/** The share of the steps before the one at work, by which the web UIs tell how far a task is. */
export function shareBefore(job: Job): number {
  const { batch, batches, step, steps } = placeOf(job);
  return steps === 0 ? 0 : (batch + step / steps) / batches;
}

/**
 * Which batch is at work and which step of it was taken last, both from 0, as the web UIs count; images of one batch
 * take their steps together.
 */
function placeOf(job: Job | undefined) {
  if (!job) return { batch: 0, batches: 0, step: 0, steps: 0 };
  const { batchCount: batches = 1, batchSize = 1 } = job.options.generation ?? {};
  const { step: taken = 0, steps: planned = 0 } = job.progress ?? {};
  const steps = Math.round(planned / batches / batchSize);
  const last = Math.max(Math.floor(taken / batchSize) - 1, 0);
  const batch = steps === 0 ? 0 : Math.min(Math.floor(last / steps), batches - 1);
  return { batch, batches, step: last - batch * steps, steps };
}

/** Local time as the web UIs write it: year to second without marks. */
export function timestampOf(date: Date): string {
  const parts = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  return [date.getFullYear(), ...parts.map((part) => String(part).padStart(2, '0'))].join('');
}
