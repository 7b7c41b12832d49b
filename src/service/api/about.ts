import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { animationOptionsSchema } from '../../options/animation-options.js';
import { codecs } from '../../options/codecs.js';
import { describeOptions } from '../../options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../options/generation-options.js';
import type { ServiceInfo } from '../job-service.js';
import { about } from './shapes.js';

/** What the service is and can do; the page builds its forms from it. */
export const aboutRoutes: FastifyPluginAsyncZod<{ readonly serviceInfo: ServiceInfo }> = async (
  app,
  { serviceInfo: { version, device, outdir, hosts } },
) => {
  const options = {
    generation: describeOptions(generationOptionsSchema).map(asShape),
    img2img: describeOptions(img2imgOptionsSchema).map(asShape),
    animation: describeOptions(animationOptionsSchema).map(asShape),
  };
  app.get(
    '/about',
    { schema: { tags: ['service'], summary: 'What the service is and can do', response: { 200: about } } },
    async () => {
      const { models, samplers, schedulers, model = '' } = await hosts.describe();
      return {
        ...{ version, device, outdir, model, options },
        models: models.map((known) => ({ ...known, hosts: [...known.hosts] })),
        ...{ samplers: [...samplers], schedulers: [...schedulers] },
        codecs: Object.values(codecs).map(({ name, extension }) => ({ name, extension })),
      };
    },
  );
};

function asShape({ flag: _, choices, ...description }: ReturnType<typeof describeOptions>[number]) {
  return { ...description, ...(choices ? { choices: [...choices] } : {}) };
}
