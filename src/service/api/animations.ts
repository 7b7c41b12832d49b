import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { optionsOfInfotext } from '../../infotext/infotext-options.js';
import { HttpError } from '../http-error.js';
import type { JobService, LibraryEntry } from '../job.js';
import { lasting, sendFile } from './files.js';
import { animationJson } from './job-json.js';
import { posterOf } from './posters.js';
import { animationDetails, animationEntry, animationPage, animationQuery, facets } from './shapes.js';

const params = z.object({ id: z.string() });
const querystring = z.object({ download: z.string().optional() });
const tags = ['animations'];

/** The library of finished movies. */
export const animationRoutes: FastifyPluginAsyncZod<{ readonly service: JobService }> = async (app, { service }) => {
  const find = (id: string): LibraryEntry => {
    const entry = service.library.get(id);
    if (!entry) throw new HttpError(404, `There is no animation ${id}; it may have been deleted.`);
    return entry;
  };

  app.get(
    '/animations',
    {
      schema: {
        ...{ tags, summary: 'Search the finished movies, the newest first' },
        ...{ querystring: animationQuery, response: { 200: animationPage } },
      },
    },
    async ({ query }) => {
      const { entries, total } = service.library.search(query);
      return { entries: entries.map(animationJson), total };
    },
  );

  app.get(
    '/animations/facets',
    { schema: { tags, summary: 'What there is to filter by', response: { 200: facets } } },
    async () => {
      const { codecs, samplers, models } = service.library.facets();
      return { codecs: [...codecs], samplers: [...samplers], models: [...models] };
    },
  );

  app.post(
    '/animations/rebuild',
    {
      schema: {
        ...{ tags, summary: 'Read all movies below the save location anew' },
        response: { 200: z.object({ animations: z.int() }) },
      },
    },
    async () => ({ animations: await service.library.rebuild() }),
  );

  app.get(
    '/animations/:id',
    { schema: { tags, summary: 'Look at a movie', params, response: { 200: animationDetails } } },
    async ({ params: { id } }) => {
      const entry = animationJson(find(id));
      return { ...entry, ...optionsOfInfotext(entry.infotext) };
    },
  );

  app.get(
    '/animations/:id/file',
    { schema: { tags, summary: 'The movie, or a part of it (Range)', params, querystring } },
    async ({ params: { id }, query }, reply) => await sendFile(reply, find(id).path, query.download !== undefined),
  );

  app.get(
    '/animations/:id/image',
    { schema: { tags, summary: 'The finished image', params, querystring } },
    async ({ params: { id }, query }, reply) => {
      const { image } = find(id);
      if (image === null) throw new HttpError(404, 'The image that this movie ends on is not known.');
      return await sendFile(reply, image, query.download !== undefined);
    },
  );

  app.get(
    '/animations/:id/poster',
    { schema: { tags, summary: 'A small picture of what the movie ends on, as WebP', params } },
    async ({ params: { id } }, reply) => {
      const poster = await posterOf(find(id));
      return reply.type('image/webp').header('cache-control', lasting).send(poster);
    },
  );

  app.delete(
    '/animations/:id',
    { schema: { tags, summary: 'Delete a movie; for a minute it can be restored', params } },
    async ({ params: { id } }, reply) => {
      service.library.remove(find(id).id);
      return reply.status(204).send();
    },
  );

  app.post(
    '/animations/:id/restore',
    { schema: { tags, summary: 'Take back a deletion', params, response: { 200: animationEntry } } },
    async ({ params: { id } }) => animationJson(service.library.restore(id)),
  );
};
