import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Job } from '../job.js';
import type { JobService } from '../job-service.js';
import type { SettingsStore } from './settings.js';
import { boolean, integer, readBody, text } from './validation.js';

const progressQuery = z.object({ skip_current_image: boolean.default(false) });
const taskSchema = z.object({
  id_task: text.default(''),
  id_live_preview: integer.default(-1),
  live_preview: boolean.default(true),
});

type Parts = { readonly service: JobService; readonly settings: SettingsStore; readonly tasks: Tasks };

/** Progress, and stopping the running job. */
export function addProgressRoutes(app: FastifyInstance, { service, settings, tasks }: Parts): void {
  let stopped: { readonly job: string; readonly requests: Requests } | undefined;
  const requestsOf = (job: Job | undefined): Requests =>
    job && stopped?.job === job.id ? stopped.requests : { interrupted: false, skipped: false };

  app.get('/sdapi/v1/progress', async ({ query }) => {
    const job = service.current();
    const state = stateOf(job, requestsOf(job));
    if (!job) return { progress: 0, eta_relative: 0, state, current_image: null, textinfo: null };
    const preview = readBody(progressQuery, query).skip_current_image ? undefined : await previewOf(job);
    return {
      progress: shareDone(job),
      eta_relative: secondsLeft(job, Date.now()),
      state,
      current_image: preview ? Buffer.from(preview.jpeg).toString('base64') : null,
      textinfo: textOf(job),
    };
  });

  app.post('/internal/progress', async ({ body }) => {
    const { id_task, id_live_preview, live_preview } = readBody(taskSchema, body);
    const job = tasks.job(id_task);
    const state = {
      active: job?.state === 'running',
      queued: job?.state === 'queued',
      completed: typeof job?.endedAt === 'number',
    };
    const none = { progress: null, eta: null, live_preview: null };
    if (job?.state !== 'running') return { ...state, ...none, id_live_preview: -1, textinfo: waitingText(job) };
    const progress = { progress: shareBefore(job), eta: secondsLeft(job, Date.now()), textinfo: textOf(job) };
    const preview = live_preview ? await previewOf(job) : undefined;
    if (!preview || preview.version === id_live_preview)
      return { ...state, ...progress, live_preview: null, id_live_preview };
    const url = `data:image/jpeg;base64,${Buffer.from(preview.jpeg).toString('base64')}`;
    return { ...state, ...progress, live_preview: url, id_live_preview: preview.version };
  });

  app.get('/internal/pending-tasks', async () => {
    const pending = tasks.pending();
    return { size: pending.length, tasks: pending };
  });

  app.post('/sdapi/v1/interrupt', async () => {
    const job = service.current();
    if (job) {
      stopped = { job: job.id, requests: { interrupted: true, skipped: false } };
      await service.cancel(job.id);
    }
    return {};
  });

  app.post('/sdapi/v1/skip', async (_, reply) => {
    const job = service.current();
    if (job && job.kind !== 'render') {
      stopped = { job: job.id, requests: { interrupted: false, skipped: true } };
      service.skip(job.id);
    }
    return reply.type('application/json').send('null');
  });

  async function previewOf(job: Job) {
    return settings.current.live_previews_enable ? await service.preview(job.id) : undefined;
  }

  function waitingText(job: Job | undefined): string {
    if (job?.state !== 'queued') return 'Waiting...';
    if (job.waitsFor.length > 0) return `Waiting until ${job.waitsFor.join(' or ')} answers`;
    return `In queue: ${job.position}/${service.queued}`;
  }
}

/** The oldest tasks are forgotten: clients ask for them only until shortly after their jobs have ended. */
const maxTasks = 1000;

/** Jobs by the web UIs' task names. */
export class Tasks {
  readonly #service: JobService;
  readonly #jobs = new Map<string, string>();

  constructor(service: JobService) {
    this.#service = service;
  }

  /** Remembers a job by the name that its client gave it, or by a generated one. */
  add(name: string | null, { id, kind }: Job): void {
    const task = name || `task(${kind}-${randomBytes(4).toString('hex').slice(0, 7).toUpperCase()})`;
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size >= maxTasks && oldest !== undefined) this.#jobs.delete(oldest);
    this.#jobs.set(task, id);
  }

  /** The job of a task; ids of jobs are names of tasks, too. */
  job(task: string): Job | undefined {
    return this.#service.get(this.#jobs.get(task) ?? task);
  }

  /** Names of the queued tasks, the next first. */
  pending(): string[] {
    const names = new Map([...this.#jobs].map(([task, job]) => [job, task]));
    return this.#service.list({ state: 'queued', limit: maxTasks }).map(({ id }) => names.get(id) ?? id);
  }
}

/** What a client has requested of the running job. */
type Requests = { readonly interrupted: boolean; readonly skipped: boolean };

/** The `state` of `GET /progress`. */
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

/** Between 0 and 1, both exclusive: 0.99 while a movie is still being made. */
export function shareDone({ progress }: Job): number {
  if (!progress || progress.steps === 0) return 0.01;
  return Math.min(Math.max(progress.step / progress.steps, 0.01), 0.99);
}

/** Seconds until the job is done, as the service estimates it, or else by the elapsed time. @param now in milliseconds */
export function secondsLeft(job: Job, now: number): number {
  const elapsed = (now - (job.startedAt ?? now)) / 1000;
  return job.progress?.secondsLeft ?? elapsed / shareDone(job) - elapsed;
}

/** One line about what the job does beside sampling. */
function textOf({ progress }: Job): string | null {
  if (progress?.phase === 'loading') return 'Loading the model';
  if (progress?.phase === 'rendering') return `Animation: frame ${progress.frame} of ${progress.frames}`;
  return null;
}

/** The share of the steps before the current one, which the web UIs call the progress of a task. */
function shareBefore(job: Job): number {
  const { batch, batches, step, steps } = placeOf(job);
  return steps === 0 ? 0 : (batch + step / steps) / batches;
}

/** The current batch and its last step, both from 0, as the web UIs count; images of one batch take steps together. */
function placeOf(job: Job | undefined) {
  if (!job) return { batch: 0, batches: 0, step: 0, steps: 0 };
  const { batchCount: batches = 1, batchSize = 1 } = job.options.generation ?? {};
  const { step: taken = 0, steps: planned = 0 } = job.progress ?? {};
  const steps = Math.round(planned / batches / batchSize);
  const last = Math.max(Math.floor(taken / batchSize) - 1, 0);
  const batch = steps === 0 ? 0 : Math.min(Math.floor(last / steps), batches - 1);
  return { batch, batches, step: last - batch * steps, steps };
}

/** Local time as the web UIs write it: `yyyyMMddHHmmss`. */
export function timestampOf(date: Date): string {
  const parts = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  return [date.getFullYear(), ...parts.map((part) => String(part).padStart(2, '0'))].join('');
}
