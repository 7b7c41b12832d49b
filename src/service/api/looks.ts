import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { looks } from '../../options/looks.js';
import { readOwnLooks, writeOwnLook } from '../../options/own-looks.js';
import { type LookShape, look } from './shapes.js';

const newLook = z
  .object({ name: z.string(), options: z.record(z.string(), z.unknown()).describe('animation options') })
  .meta({ id: 'NewLook' });
const tags = ['service'];

/** Named sets of animation options: those that come with the program, and those of the config file. */
export const lookRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/looks',
    { schema: { tags, summary: 'The looks of movies', response: { 200: z.object({ looks: z.array(look) }) } } },
    async () => ({ looks: await allLooks() }),
  );
  app.post(
    '/looks',
    { schema: { tags, summary: 'Keep options as a look in the config file', body: newLook, response: { 201: look } } },
    async ({ body: { name, options } }, reply) => {
      await writeOwnLook(name, options);
      return reply.status(201).send({ name, purpose: '', options: options as LookShape['options'] });
    },
  );
};

async function allLooks(): Promise<LookShape[]> {
  const builtIn = Object.entries(looks).map(([name, row]) => ({ name, ...row }));
  const own = Object.entries(await readOwnLooks()).map(([name, options]) => ({ name, purpose: '', options }));
  return [...builtIn, ...own] as LookShape[];
}
