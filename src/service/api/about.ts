import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { animationOptionsSchema } from '../../options/animation-options.js';
import { codecs } from '../../options/codecs.js';
import { describeOptions } from '../../options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../options/generation-options.js';
import type { ServiceFacts } from '../service-info.js';
import { about } from './shapes.js';

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
      const { models, samplers, schedulers, model = '' } = await facts.hosts.describe();
      return {
        ...{ version: facts.version, device: facts.device, outdir: facts.outdir, model },
        models: models.map(({ hosts, ...known }) => ({ ...known, hosts: [...hosts] })),
        ...{ samplers: [...samplers], schedulers: [...schedulers], options },
        codecs: Object.values(codecs).map(({ name, extension }) => ({ name, extension })),
      };
    },
  );
};

function asShape({ flag: _, choices, ...description }: ReturnType<typeof describeOptions>[number]) {
  return { ...description, ...(choices ? { choices: [...choices] } : {}) };
}
