import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpError, messageOf, statusOf } from '../http-error.js';
import type { JobService } from '../job.js';
import type { ServiceFacts } from '../service-info.js';
import { addExtrasRoutes } from './extras.js';
import { text } from './fields.js';
import { addGenerationRoutes } from './generation-routes.js';
import { latentUpscaleModes, memory, modelItems, upscalerItems } from './lists.js';
import { pngInfo } from './png-info.js';
import { addProgressRoutes } from './progress-routes.js';
import { samplerItems, schedulerItems } from './samplers.js';
import { SettingsStore } from './settings.js';
import { scriptInfo, scriptName } from './steps-animation-script.js';
import { Tasks } from './tasks.js';
import { readBody, ValidationError } from './validation.js';

/** A fastify plugin with the HTTP API of AUTOMATIC1111's web UI and Forge, for the clients that speak it. */
export function sdapi(service: JobService, facts: ServiceFacts): FastifyPluginAsync {
  const settings = new SettingsStore(facts);
  const parts = { service, facts, settings, tasks: new Tasks(service) };
  return async (app) => {
    app.setErrorHandler(answerError);
    addGenerationRoutes(app, parts);
    addExtrasRoutes(app);
    addProgressRoutes(app, parts);
    addSettingsRoutes(app, settings);
    addListRoutes(app, facts);
    addIdleRoutes(app);
  };
}

/** An error in the shape of the web UIs. */
async function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const status = statusOf(error);
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  if (error instanceof HttpError) reply.headers(error.headers);
  const message = messageOf(error);
  reply.status(status);
  if (error instanceof ValidationError)
    return { error: 'RequestValidationError', detail: error.complaints, body: '', errors: message };
  return { error: status < 500 ? 'HTTPException' : 'RuntimeError', detail: message, body: '', errors: message };
}

const pngInfoSchema = z.object({ image: text });

function addSettingsRoutes(app: FastifyInstance, settings: SettingsStore): void {
  app.get('/sdapi/v1/options', async () => await settings.all());
  app.post('/sdapi/v1/options', async ({ body }, reply) => {
    await settings.change(body);
    return reply.type('application/json').send('null');
  });
}

function addListRoutes(app: FastifyInstance, facts: ServiceFacts): void {
  const { outdir, device, hosts } = facts;
  const names = [scriptName];
  app.get('/sdapi/v1/samplers', async () => samplerItems(await hosts.describe()));
  app.get('/sdapi/v1/schedulers', async () => schedulerItems(await hosts.describe()));
  app.get('/sdapi/v1/sd-models', async () => await modelItems(facts));
  app.get('/sdapi/v1/upscalers', async () => upscalerItems);
  app.get('/sdapi/v1/latent-upscale-modes', async () => latentUpscaleModes);
  app.get('/sdapi/v1/scripts', async () => ({ txt2img: names, img2img: names }));
  app.get('/sdapi/v1/script-info', async () => scriptInfo());
  app.get('/sdapi/v1/embeddings', async () => ({ loaded: {}, skipped: {} }));
  app.get('/sdapi/v1/memory', async () => memory());
  app.get('/sdapi/v1/cmd-flags', async () => {
    const { model = null } = await hosts.describe();
    return { api: true, data_dir: outdir, ckpt: model, device };
  });
  app.post('/sdapi/v1/png-info', async ({ body }) => await pngInfo(readBody(pngInfoSchema, body).image));
}

/** What the web UIs have and this service has none of. */
const empty = [
  ...['sd-vae', 'sd-modules', 'hypernetworks', 'loras', 'face-restorers', 'realesrgan-models'],
  ...['prompt-styles', 'extensions'],
];
/** Lists are read anew each time they are asked for. */
const refreshed = ['refresh-checkpoints', 'refresh-vae', 'refresh-embeddings', 'refresh-loras'];
/** A model is loaded with the first request that needs it, and stays. */
const loading = ['unload-checkpoint', 'reload-checkpoint'];

function addIdleRoutes(app: FastifyInstance): void {
  app.get('/internal/ping', async () => ({}));
  for (const name of empty) app.get(`/sdapi/v1/${name}`, async () => []);
  for (const name of loading) app.post(`/sdapi/v1/${name}`, async () => ({}));
  for (const name of refreshed)
    app.post(`/sdapi/v1/${name}`, async (_, reply) => reply.type('application/json').send('null'));
  app.post('/sdapi/v1/interrogate', async () => {
    throw new HttpError(404, 'Model not found');
  });
}
