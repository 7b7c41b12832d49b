import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Job, JobService } from '../job.js';
import { integer, text, truth } from './fields.js';
import { type Requests, secondsLeft, shareBefore, shareDone, stateOf, textOf } from './progress.js';
import type { SettingsStore } from './settings.js';
import type { Tasks } from './tasks.js';
import { readBody } from './validation.js';

const progressQuery = z.object({ skip_current_image: truth.default(false) });
const taskSchema = z.object({
  id_task: text.default(''),
  id_live_preview: integer.default(-1),
  live_preview: truth.default(true),
});

type Parts = { readonly service: JobService; readonly settings: SettingsStore; readonly tasks: Tasks };

/** Progress, and what stops the work. */
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
    await stop({ interrupted: true, skipped: false });
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

  async function stop(requests: Requests): Promise<void> {
    const job = service.current();
    if (!job) return;
    stopped = { job: job.id, requests };
    await service.cancel(job.id);
  }

  async function previewOf(job: Job) {
    return settings.current.live_previews_enable ? await service.preview(job.id) : undefined;
  }

  function waitingText(job: Job | undefined): string {
    if (job?.state !== 'queued') return 'Waiting...';
    if (job.waitsFor.length > 0) return `Waiting until ${job.waitsFor.join(' or ')} answers`;
    return `In queue: ${job.position}/${service.list({ state: 'queued', limit: 1000 }).length}`;
  }
}
