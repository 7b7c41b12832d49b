import swagger from '@fastify/swagger';
import type { FastifyPluginAsync } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { JobService, ServiceInfo } from '../job-service.js';
import { aboutRoutes } from './about.js';
import { animationRoutes } from './animations.js';
import { hostRoutes } from './hosts.js';
import { inspectRoutes } from './inspect.js';
import { jobRoutes } from './jobs.js';
import { lookRoutes } from './looks.js';
import { problemResponses } from './responses.js';
import { prefix } from './shapes.js';

type ApiSettings = { readonly service: JobService; readonly serviceInfo: ServiceInfo };

/** The service's own API under /api/v1, which the page uses; documented as OpenAPI 3.1 at /docs. */
export const api: FastifyPluginAsync<ApiSettings> = async (app, { service, serviceInfo }) => {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Steps Animation',
        version: serviceInfo.version,
        description:
          'Images, and animations of how they are made. Errors have a problem body (RFC 9457) whose `detail` says what to do.',
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
        if (schema) schema.response = { ...Object(schema.response), ...problemResponses };
      });
      await scope.register(aboutRoutes, { serviceInfo });
      await scope.register(lookRoutes);
      await scope.register(hostRoutes, { service, serviceInfo });
      await scope.register(jobRoutes, { service, closing: closing.signal });
      await scope.register(animationRoutes, { service });
      await scope.register(inspectRoutes, { serviceInfo });
    },
    { prefix },
  );
  await app.register(import('@fastify/swagger-ui'), { routePrefix: '/docs', staticCSP: false });
};
