import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { codecs } from '../../animation/codecs.js';
import { animationOptionsSchema } from '../../animation/options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../hosts/generation-options.js';
import { describeOptions } from '../../option-descriptions.js';
import type { ServiceFacts } from '../facts.js';

const option = z
  .object({
    name: z.string(),
    label: z.string(),
    help: z.string(),
    type: z.enum(['boolean', 'integer', 'number', 'string']),
    default: z.unknown(),
    unit: z.string().optional(),
    choices: z.array(z.string()).optional(),
    word: z.string().optional().describe('what may stand for a number'),
    minLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    multipleOf: z.number().optional(),
  })
  .meta({ id: 'Option' });

const about = z.object({
  version: z.string(),
  host: z.string(),
  device: z.string(),
  outdir: z.string(),
  model: z.string().describe('the one of requests that name none'),
  models: z.array(z.object({ name: z.string(), width: z.int(), height: z.int() })),
  samplers: z.array(z.string()),
  schedulers: z.array(z.string()),
  options: z.object({ generation: z.array(option), img2img: z.array(option), animation: z.array(option) }),
  codecs: z.array(z.object({ name: z.string(), extension: z.string() })),
});

/** What the service is and can do; the forms of the page are made of it. */
export const aboutRoutes: FastifyPluginAsyncZod<{ readonly facts: ServiceFacts }> = async (app, { facts }) => {
  const options = {
    generation: describeOptions(generationOptionsSchema).map(asShape),
    img2img: describeOptions(img2imgOptionsSchema).map(asShape),
    animation: describeOptions(animationOptionsSchema).map(asShape),
  };
  app.get(
    '/about',
    { schema: { tags: ['service'], summary: 'What the service is and can do', response: { 200: about } } },
    async () => {
      const { models, samplers, schedulers } = await facts.describe();
      return {
        ...{ version: facts.version, host: facts.host, device: facts.device, outdir: facts.outdir, model: facts.model },
        models: models.map(({ name, width, height }) => ({ name, width, height })),
        ...{ samplers: [...samplers], schedulers: [...schedulers], options },
        codecs: Object.values(codecs).map(({ name, extension }) => ({ name, extension })),
      };
    },
  );
};

function asShape({ flag: _, choices, ...description }: ReturnType<typeof describeOptions>[number]) {
  return { ...description, ...(choices ? { choices: [...choices] } : {}) };
}
