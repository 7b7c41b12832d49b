import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { optionsOfInfotext } from '../../infotext/infotext-options.js';
import { HttpError } from '../http-error.js';
import { animationQueryShape, animationShape, type Movie } from '../job.js';
import type { JobService } from '../job-service.js';
import { makePoster } from '../media/media.js';
import { cachingOf, downloadQuery, sendFile, versionQuery } from './files.js';
import { fileResponse, noContent, pictureResponse } from './responses.js';
import { animationDetails, animationJson, animationPage, facets, listed } from './shapes.js';

const params = z.object({ id: z.string() });
const tags = ['animations'];

/** The library of finished movies. */
export const animationRoutes: FastifyPluginAsyncZod<{ readonly service: JobService }> = async (app, { service }) => {
  const find = (id: string): Movie => {
    const movie = service.library.get(id);
    if (!movie) throw new HttpError(404, `There is no animation ${id}; it may have been deleted.`);
    return movie;
  };

  app.get(
    '/animations',
    {
      schema: {
        ...{ tags, summary: 'Search the finished animations, the newest first. Long texts are cut' },
        ...{ querystring: animationQueryShape, response: { 200: animationPage } },
      },
    },
    async ({ query }) => {
      const { entries, total } = service.library.search(query);
      return { entries: entries.map((movie) => listed(animationJson(movie))), total };
    },
  );

  app.get(
    '/animations/facets',
    { schema: { tags, summary: 'List the values to filter by', response: { 200: facets } } },
    async () => service.library.facets(),
  );

  app.post(
    '/animations/rebuild',
    {
      schema: {
        ...{ tags, summary: 'Read all animations below the save location again' },
        response: { 200: z.object({ animations: z.int() }) },
      },
    },
    async () => ({ animations: await service.library.rebuild() }),
  );

  app.get(
    '/animations/:id',
    { schema: { tags, summary: 'Get an animation', params, response: { 200: animationDetails } } },
    async ({ params: { id } }) => {
      const entry = animationJson(find(id));
      return { ...entry, ...optionsOfInfotext(entry.infotext) };
    },
  );

  app.get(
    '/animations/:id/file',
    {
      schema: {
        ...{ tags, summary: 'Get the file, or a part of it (Range)', params },
        querystring: downloadQuery.extend(versionQuery.shape),
        response: fileResponse('video/*', 'image/*'),
      },
    },
    async ({ params: { id }, query }, reply) => await sendFile(reply, find(id).path, query),
  );

  app.get(
    '/animations/:id/image',
    {
      schema: {
        tags,
        summary: 'Get the finished image',
        params,
        querystring: downloadQuery,
        response: fileResponse('image/*'),
      },
    },
    async ({ params: { id }, query }, reply) => {
      const { image } = find(id);
      if (image === null) throw new HttpError(404, 'The finished image of this animation is not known.');
      return await sendFile(reply, image, query);
    },
  );

  app.get(
    '/animations/:id/poster',
    {
      schema: {
        ...{ tags, summary: 'Get a small picture of the finished image, as WebP', params },
        querystring: versionQuery,
        response: pictureResponse('image/webp'),
      },
    },
    async ({ params: { id }, query }, reply) => {
      const { image, path, version } = find(id);
      const poster = Buffer.from(await makePoster({ image, path }));
      return reply.type('image/webp').header('cache-control', cachingOf(version, query)).send(poster);
    },
  );

  app.delete(
    '/animations/:id',
    { schema: { tags, summary: 'Delete an animation; it can be restored for a minute', params, response: noContent } },
    async ({ params: { id } }, reply) => {
      await service.library.remove(find(id).id);
      return reply.status(204).send();
    },
  );

  app.post(
    '/animations/:id/restore',
    { schema: { tags, summary: 'Undo a deletion', params, response: { 200: animationShape } } },
    async ({ params: { id } }) => animationJson(await service.library.restore(id)),
  );
};
