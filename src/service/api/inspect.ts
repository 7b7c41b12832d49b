import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { countTokens } from '../../diffusion/prompts/prompt-thread.js';
import { withTemporaryFolder } from '../../files/temporary-folder.js';
import { findModelFolder } from '../../models/stored-models.js';
import { maxPromptLength } from '../../options/generation-options.js';
import { maxPathLength } from '../../options/option.js';
import { HttpError } from '../http-error.js';
import type { ServiceInfo } from '../job-service.js';
import { inspectSentFile } from '../media/media.js';
import { inspection } from './shapes.js';

/** Of an inspected file. */
const maxBytes = 1024 ** 3;

const tokenCount = z.object({
  count: z.int().nullable().describe('null for models of other hosts, whose tokens are not counted here'),
  limit: z.int().nullable().describe('of the chunks that the prompt takes'),
});

/** Reading the settings of files, and counting the tokens of prompts. */
export const inspectRoutes: FastifyPluginAsyncZod<{ readonly serviceInfo: ServiceInfo }> = async (
  app,
  { serviceInfo: { hosts: pool, modelsFolders } },
) => {
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.post(
    '/inspect',
    {
      bodyLimit: maxBytes,
      schema: {
        ...{ tags: ['service'], consumes: ['application/octet-stream', 'image/*', 'video/*'] },
        summary: 'Read the settings that an image or an animation was made with from its file',
        response: { 200: inspection },
      },
    },
    async ({ body }) => {
      if (!(body instanceof Readable)) throw new HttpError(415, 'Send the bytes of an image or a movie as the body.');
      return await inspect(body);
    },
  );

  app.post(
    '/tokens',
    {
      schema: {
        ...{ tags: ['service'], summary: 'Count the tokens of a prompt' },
        body: z.strictObject({
          text: z.string().max(maxPromptLength),
          model: z.string().max(maxPathLength).optional(),
          steps: z.int().min(1).max(1000).default(20),
        }),
        response: { 200: tokenCount },
      },
    },
    async ({ body: { text, model, steps } }) => {
      const { models, model: defaultModel = '' } = await pool.describe();
      const name = model ?? defaultModel;
      const { hosts } = models.find((known) => known.name === name) ?? {};
      const isElsewhere = hosts?.every((host) => pool.get(host)?.kind !== 'embedded');
      if (isElsewhere) return { count: null, limit: null };
      const folder = await findModelFolder(name, modelsFolders);
      const { count, limit } = await countTokens(folder, text, steps);
      return { count, limit };
    },
  );
};

/** Saves it to a file first: a movie may be larger than memory, and have its index at the end. */
async function inspect(body: Readable): Promise<z.input<typeof inspection>> {
  return await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'file');
    await pipeline(body, limited(maxBytes), createWriteStream(path));
    const { tags: _, ...inspected } = await inspectSentFile(path);
    return inspected;
  });
}

function limited(max: number) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > max) throw new HttpError(413, `The file is larger than the limit of ${max / 1024 ** 2} MB.`);
      yield chunk;
    }
  };
}
