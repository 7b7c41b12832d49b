import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError, prepareErrorReply } from '../http-error.js';
import type { JobService, ServiceInfo } from '../job-service.js';
import { addGenerationRoutes } from './generation-routes.js';
import { addImageRoutes } from './image-routes.js';
import { addListRoutes } from './lists.js';
import { addProgressRoutes, Tasks } from './progress-routes.js';
import { SettingsStore } from './settings.js';
import { ValidationError } from './validation.js';

/** A Fastify plugin with the HTTP API of AUTOMATIC1111's web UI and Forge. */
export function sdapi(service: JobService, serviceInfo: ServiceInfo): FastifyPluginAsync {
  const settings = new SettingsStore(serviceInfo);
  const parts = { service, serviceInfo, settings, tasks: new Tasks(service) };
  return async (app) => {
    app.setErrorHandler(replyWithError);
    addGenerationRoutes(app, parts);
    addImageRoutes(app);
    addProgressRoutes(app, parts);
    addSettingsRoutes(app, settings);
    addListRoutes(app, serviceInfo);
    addInertRoutes(app);
  };
}

/** Replies to an error in the shape of the web UIs. */
async function replyWithError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { status, message } = prepareErrorReply(error, request, reply);
  const rest = { body: '', errors: message };
  if (error instanceof ValidationError) return { error: 'RequestValidationError', detail: error.complaints, ...rest };
  return { error: status < 500 ? 'HTTPException' : 'RuntimeError', detail: message, ...rest };
}

function addSettingsRoutes(app: FastifyInstance, settings: SettingsStore): void {
  app.get('/sdapi/v1/options', async () => await settings.all());
  app.post('/sdapi/v1/options', async ({ body }, reply) => {
    await settings.change(body);
    return reply.type('application/json').send('null');
  });
}

/** Lists that are always empty here. */
const emptyLists = [
  ...['sd-vae', 'sd-modules', 'hypernetworks', 'loras', 'face-restorers', 'realesrgan-models'],
  ...['prompt-styles', 'extensions'],
];
/** Nothing to do: lists are read again for each request. */
const refreshRoutes = ['refresh-checkpoints', 'refresh-vae', 'refresh-embeddings', 'refresh-loras'];
/** Nothing to do: a model is loaded by the first request that needs it, and stays loaded. */
const loadRoutes = ['unload-checkpoint', 'reload-checkpoint'];

function addInertRoutes(app: FastifyInstance): void {
  app.get('/internal/ping', async () => ({}));
  for (const name of emptyLists) app.get(`/sdapi/v1/${name}`, async () => []);
  for (const name of loadRoutes) app.post(`/sdapi/v1/${name}`, async () => ({}));
  for (const name of refreshRoutes)
    app.post(`/sdapi/v1/${name}`, async (_, reply) => reply.type('application/json').send('null'));
  app.post('/sdapi/v1/interrogate', async () => {
    throw new HttpError(404, 'Model not found');
  });
}
