import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { inspectFile } from '../../app/inspect-file.js';
import { TokenCounter } from '../../diffusion/prompts/token-count.js';
import { optionsOfInfotext } from '../../infotext/infotext-options.js';
import { parseInfotext } from '../../infotext/parse-infotext.js';
import { findModelFolder } from '../../models/stored-models.js';
import { HttpError } from '../http-error.js';
import type { ServiceFacts } from '../service-info.js';
import { inspection } from './shapes.js';

/** Bytes of a file that is looked at. */
const mostBytes = 1024 ** 3;
/** Tokenizers that are kept; each has a few megabytes. */
const mostCounters = 4;

/** What files and prompts have to tell. */
export const inspectRoutes: FastifyPluginAsyncZod<{ readonly facts: ServiceFacts }> = async (app, { facts }) => {
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.post(
    '/inspect',
    {
      bodyLimit: mostBytes,
      schema: {
        ...{ tags: ['service'], consumes: ['application/octet-stream', 'image/*', 'video/*'] },
        summary: 'Read the settings that an image or a movie was made with out of its file',
        response: { 200: inspection },
      },
    },
    async ({ body }) => {
      if (!(body instanceof Readable)) throw new HttpError(415, 'Send the bytes of an image or a movie as the body.');
      return await inspect(body);
    },
  );

  const counters = new Map<string, Promise<TokenCounter>>();
  app.post(
    '/tokens',
    {
      schema: {
        ...{ tags: ['service'], summary: 'Count the tokens of a prompt' },
        body: z.strictObject({
          text: z.string().max(100_000),
          model: z.string().optional(),
          steps: z.int().min(1).max(1000).default(20),
        }),
        response: { 200: tokenCount },
      },
    },
    async ({ body: { text, model, steps } }) => {
      const { models, model: usual = '' } = await facts.hosts.describe();
      const name = model ?? usual;
      const { hosts } = models.find((known) => known.name === name) ?? {};
      const isElsewhere = hosts?.every((host) => facts.hosts.get(host)?.kind !== 'embedded');
      if (isElsewhere) return { count: null, limit: null };
      const folder = await findModelFolder(name, facts.modelsFolders);
      if (counters.size >= mostCounters && !counters.has(folder)) counters.clear();
      const counter = counters.get(folder) ?? TokenCounter.load(folder);
      counters.set(folder, counter);
      counter.catch(() => counters.delete(folder));
      return (await counter).count(text, steps);
    },
  );
};

const tokenCount = z.object({
  count: z.int().nullable().describe('null for models of other hosts, whose tokens are not counted here'),
  limit: z.int().nullable().describe('of the chunks that the prompt takes'),
});

/** Through a file, because a movie may be larger than memory, and its index may be at its end. */
async function inspect(body: Readable): Promise<z.input<typeof inspection>> {
  const folder = await mkdtemp(join(tmpdir(), 'steps-animation-'));
  try {
    const path = join(folder, 'file');
    await pipeline(body, limited(mostBytes), createWriteStream(path));
    const { type, infotext } = await inspectFile(path).catch(() => {
      throw new HttpError(422, 'This is neither an image nor a movie that can be read.');
    });
    const text = infotext ?? '';
    return { type, infotext, ...parseInfotext(text), ...optionsOfInfotext(text) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function limited(most: number) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > most)
        throw new HttpError(413, `The file is larger than the ${most / 1024 ** 2} MB that are looked at.`);
      yield chunk;
    }
  };
}
