import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { checkOptions } from '../../options/check-options.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import { HttpError } from '../http-error.js';
import type { Job, JobRequest, JobService } from '../job.js';
import { bytesOf } from '../sdapi/pictures.js';
import { mostBodyBytes, requireModest, requirePicture } from '../security/limits.js';
import { sendEvents } from './events.js';
import { sendFile } from './files.js';
import { jobJson } from './job-json.js';
import { jobQuery, job as jobShape, newJob } from './shapes.js';

const byId = z.object({ id: z.string() });
const byImage = byId.extend({ image: z.coerce.number().int().min(0) });
const tags = ['jobs'];

/** Jobs: submitting, following and stopping them, and the pictures of their steps. */
export const jobRoutes: FastifyPluginAsyncZod<{ readonly service: JobService; readonly closing: AbortSignal }> = async (
  app,
  { service, closing },
) => {
  const find = (id: string): Job => {
    const job = service.get(id);
    if (!job) throw new HttpError(404, `There is no job ${id}; it may have been removed.`);
    return job;
  };

  app.post(
    '/jobs',
    {
      bodyLimit: mostBodyBytes,
      schema: { tags, summary: 'Put a job into the queue', body: newJob, response: { 201: jobShape } },
    },
    async ({ body }, reply) => reply.status(201).send(jobJson(await service.submit(await requestOf(body)))),
  );

  app.get(
    '/jobs',
    {
      schema: {
        ...{ tags, summary: 'List jobs, the newest first, queued ones in their order' },
        ...{ querystring: jobQuery, response: { 200: z.object({ jobs: z.array(jobShape) }) } },
      },
    },
    async ({ query: { state, limit, offset } }) => ({
      jobs: service.list({ ...(state ? { state } : {}), limit, offset }).map(jobJson),
    }),
  );

  app.get(
    '/jobs/:id',
    { schema: { tags, summary: 'Look at a job', params: byId, response: { 200: jobShape } } },
    async ({ params }) => jobJson(find(params.id)),
  );

  app.delete(
    '/jobs/:id',
    { schema: { tags, summary: 'Forget a job and its kept steps; images and movies stay', params: byId } },
    async ({ params }, reply) => {
      await service.remove(find(params.id).id);
      return reply.status(204).send();
    },
  );

  app.post(
    '/jobs/:id/cancel',
    {
      schema: {
        ...{
          tags,
          summary: 'Take a job out of the queue, or stop it after the step at hand; what there is becomes a movie',
        },
        ...{ params: byId, response: { 200: jobShape } },
      },
    },
    async ({ params }) => jobJson(await service.cancel(find(params.id).id)),
  );

  app.post(
    '/jobs/:id/skip',
    {
      schema: {
        ...{
          tags,
          summary: 'End the images that are being sampled after the step at hand, and go on with the next ones',
        },
        ...{ params: byId, response: { 200: jobShape } },
      },
    },
    async ({ params }) => jobJson(service.skip(find(params.id).id)),
  );

  app.post(
    '/jobs/:id/again',
    { schema: { tags, summary: 'Queue the same once more', params: byId, response: { 201: jobShape } } },
    async ({ params }, reply) => reply.status(201).send(jobJson(await service.again(find(params.id).id))),
  );

  app.post(
    '/jobs/:id/move',
    {
      schema: {
        ...{ tags, summary: 'Move a queued job', params: byId, response: { 200: jobShape } },
        body: z.strictObject({ position: z.int().min(1) }),
      },
    },
    async ({ params, body }) => jobJson(service.move(find(params.id).id, body.position)),
  );

  app.get(
    '/jobs/:id/preview',
    { schema: { tags, summary: 'The newest picture of a running job, as JPEG', params: byId } },
    async ({ params, headers }, reply) => {
      const preview = await service.preview(find(params.id).id);
      if (!preview) throw new HttpError(404, 'There is no preview: the job is not sampling, or has just begun.');
      const etag = `"${preview.version}"`;
      reply.headers({ 'cache-control': 'no-cache', etag });
      if (headers['if-none-match'] === etag) return reply.status(304).send();
      return reply.type('image/jpeg').send(Buffer.from(preview.jpeg));
    },
  );

  app.get(
    '/jobs/:id/images/:image',
    {
      schema: {
        tags,
        summary: 'A finished image',
        params: byImage,
        querystring: z.object({ download: z.string().optional() }),
      },
    },
    async ({ params, query }, reply) => {
      const { path } = find(params.id).images.find(({ index }) => index === params.image) ?? {};
      if (!path) throw new HttpError(404, `Image ${params.image} of the job ${params.id} is not there.`);
      return await sendFile(reply, path, query.download !== undefined);
    },
  );

  app.get(
    '/jobs/:id/images/:image/steps/:step',
    {
      schema: {
        ...{
          tags,
          summary: "A step's picture at full size",
          querystring: z.object({ download: z.string().optional() }),
        },
        params: byImage.extend({ step: z.coerce.number().int().min(0) }),
      },
    },
    async ({ params: { id, image, step }, query }, reply) => {
      const kept = find(id)
        .images.find(({ index }) => index === image)
        ?.steps.includes(step);
      if (!kept) throw new HttpError(404, `Step ${step} of image ${image} of the job ${id} is not kept.`);
      return await sendFile(reply, await service.stepPicture(id, image, step), query.download !== undefined);
    },
  );

  app.get(
    '/events',
    {
      schema: {
        ...{ tags, summary: 'What happens to jobs from now on, as server-sent events' },
        querystring: z.object({ job: z.string().optional() }),
      },
    },
    async (request, reply) => await sendEvents(service, request.query.job, request, reply, closing),
  );
};

/** @throws HttpError, StepsAnimationError `usage` when a picture cannot be read or too much is asked for */
async function requestOf(body: z.output<typeof newJob>): Promise<JobRequest> {
  if (body.kind === 'render') return body;
  const { kind, generation, animation, host } = body;
  const where = host === undefined ? {} : { host };
  requireModest(checkOptions(generationOptionsSchema, generation));
  if (kind === 'txt2img') return { kind, generation, animation, ...where };
  const { picture, mask, img2img } = body;
  const start = {
    ...img2img,
    picture: await readPicture(picture, 'starting picture'),
    ...(mask === undefined ? {} : { mask: await readPicture(mask, 'mask') }),
  };
  return { kind, generation, start, animation, ...where };
}

async function readPicture(encoded: string, what: string): Promise<Uint8Array> {
  const bytes = bytesOf(encoded);
  await requirePicture(bytes, what);
  return bytes;
}
