import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HttpError } from '../http-error.js';
import { type Job, type JobRequest, jobQueryShape, jobShape, newJobShape } from '../job.js';
import type { JobService } from '../job-service.js';
import { bytesOf } from '../sdapi/pictures.js';
import { checkPictureFile, withPictures } from '../security/limits.js';
import { sendEvents } from './events.js';
import { downloadQuery, sendFile } from './files.js';
import { eventsResponse, fileResponse, noContent, pictureResponse } from './responses.js';
import { jobJson, listed } from './shapes.js';

const byId = z.object({ id: z.string() });
const byImage = byId.extend({ image: z.coerce.number().int().min(0) });
const byStep = byImage.extend({ step: z.coerce.number().int().min(0) });
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
      ...withPictures,
      schema: { tags, summary: 'Submit a job', body: newJobShape, response: { 201: jobShape } },
    },
    async ({ body }, reply) => reply.status(201).send(jobJson(await service.submit(await requestOf(body)))),
  );

  app.get(
    '/jobs',
    {
      schema: {
        ...{ tags, summary: 'List jobs, the newest first; queued jobs in queue order. Long texts are cut' },
        ...{ querystring: jobQueryShape, response: { 200: z.object({ jobs: z.array(jobShape) }) } },
      },
    },
    async ({ query }) => ({ jobs: service.list(query).map((job) => listed(jobJson(job))) }),
  );

  app.get(
    '/jobs/:id',
    { schema: { tags, summary: 'Get a job', params: byId, response: { 200: jobShape } } },
    async ({ params }) => jobJson(find(params.id)),
  );

  app.delete(
    '/jobs/:id',
    {
      schema: {
        tags,
        summary: 'Delete a job and its kept steps; images and animations stay',
        params: byId,
        response: noContent,
      },
    },
    async ({ params }, reply) => {
      await service.remove(find(params.id).id);
      return reply.status(204).send();
    },
  );

  app.post(
    '/jobs/:id/cancel',
    {
      schema: {
        ...{ tags, summary: 'Cancel a queued job, or stop a running one after the current step and keep its results' },
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
          summary: 'End the images that are being sampled after the current step, and continue with the next',
        },
        ...{ params: byId, response: { 200: jobShape } },
      },
    },
    async ({ params }) => jobJson(service.skip(find(params.id).id)),
  );

  app.post(
    '/jobs/:id/again',
    { schema: { tags, summary: 'Submit the same request again', params: byId, response: { 201: jobShape } } },
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
    async ({ params, body }) => jobJson(await service.move(find(params.id).id, body.position)),
  );

  app.get(
    '/jobs/:id/preview',
    {
      schema: {
        tags,
        summary: 'Get the newest picture of a running job, as JPEG',
        params: byId,
        response: pictureResponse('image/jpeg'),
      },
    },
    async ({ params, headers }, reply) => {
      const preview = await service.preview(find(params.id).id);
      if (!preview) throw new HttpError(404, 'There is no preview: the job is not sampling, or has just started.');
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
        summary: 'Get a finished image',
        params: byImage,
        querystring: downloadQuery,
        response: fileResponse('image/png'),
      },
    },
    async ({ params, query }, reply) => {
      const { path } = find(params.id).images.find(({ index }) => index === params.image) ?? {};
      if (!path) throw new HttpError(404, `Image ${params.image} of the job ${params.id} does not exist.`);
      return await sendFile(reply, path, query);
    },
  );

  app.get(
    '/jobs/:id/images/:image/steps/:step',
    {
      schema: {
        tags,
        summary: 'Get the full-size picture of a step',
        querystring: downloadQuery,
        params: byStep,
        response: fileResponse('image/png', 'image/jpeg', 'image/webp'),
      },
    },
    async ({ params: { id, image, step }, query }, reply) => {
      const isKept = find(id)
        .images.find(({ index }) => index === image)
        ?.steps.includes(step);
      if (!isKept) throw new HttpError(404, `Step ${step} of image ${image} of the job ${id} is not kept.`);
      return await sendFile(reply, await service.stepPicture(id, image, step), query);
    },
  );

  app.get(
    '/events',
    {
      schema: {
        ...{ tags, summary: 'Follow jobs from now on, as server-sent events' },
        ...{ querystring: z.object({ job: z.string().optional() }), response: eventsResponse },
      },
    },
    async (request, reply) => await sendEvents(service, request.query.job, request, reply, closing),
  );
};

/** @throws HttpError, StepsAnimationError `usage` when a picture cannot be read or is too large */
async function requestOf(body: z.output<typeof newJobShape>): Promise<JobRequest> {
  if (body.kind === 'render') return body;
  const { host, ...request } = body;
  const onHost = host === undefined ? {} : { host };
  if (request.kind === 'txt2img') return { ...request, ...onHost };
  const { picture, mask, img2img, ...generating } = request;
  const start = {
    ...img2img,
    picture: await readPicture(picture, 'starting picture'),
    ...(mask === undefined ? {} : { mask: await readPicture(mask, 'mask') }),
  };
  return { ...generating, start, ...onHost };
}

async function readPicture(encoded: string, what: string): Promise<Uint8Array> {
  const bytes = await bytesOf(encoded);
  await checkPictureFile(bytes, what);
  return bytes;
}
