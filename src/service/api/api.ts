import swagger from '@fastify/swagger';
import type { FastifyPluginAsync } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { JobService } from '../job.js';
import type { ServiceFacts } from '../service-info.js';
import { aboutRoutes } from './about.js';
import { animationRoutes } from './animations.js';
import { hostRoutes } from './hosts.js';
import { inspectRoutes } from './inspect.js';
import { prefix } from './job-json.js';
import { jobRoutes } from './jobs.js';
import { problem } from './shapes.js';

export type ApiSettings = {
  readonly service: JobService;
  readonly facts: ServiceFacts;
};

/** Our own API under /api/v1, which the page speaks; described as OpenAPI 3.1 at /docs. */
export const api: FastifyPluginAsync<ApiSettings> = async (app, { service, facts }) => {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Steps Animation',
        version: facts.version,
        description:
          'Images, and the movies of them being made. Errors are answered with a problem body (RFC 9457) whose `detail` says what to do.',
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', ({ schema }) => {
        if (schema) schema.response = { ...Object(schema.response), '4xx': problem };
      });
      await scope.register(aboutRoutes, { facts });
      await scope.register(hostRoutes, { service, facts });
      await scope.register(jobRoutes, { service, closing: closing.signal });
      await scope.register(animationRoutes, { service });
      await scope.register(inspectRoutes, { facts });
    },
    { prefix },
  );
  await app.register(import('@fastify/swagger-ui'), { routePrefix: '/docs', staticCSP: false });
};
