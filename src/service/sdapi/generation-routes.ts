import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { JobRequest, JobService } from '../job.js';
import type { ServiceFacts } from '../service-info.js';
import { imagesOf, infoOf, sizeOf } from './answer.js';
import { img2imgJob, txt2imgJob } from './generation.js';
import { fieldsOfInfotext } from './option-fields.js';
import { type CommonRequest, img2imgSchema, txt2imgSchema } from './request.js';
import type { SettingsStore } from './settings.js';
import type { Tasks } from './tasks.js';
import { isRecord, readBody, withoutNulls } from './validation.js';

type Parts = {
  readonly service: JobService;
  readonly facts: Pick<ServiceFacts, 'hosts'>;
  readonly settings: SettingsStore;
  readonly tasks: Tasks;
};

/** What makes images: the answer comes when they are there; a client that goes away does not stop them. */
export function addGenerationRoutes(app: FastifyInstance, { service, facts, settings, tasks }: Parts): void {
  app.post('/sdapi/v1/txt2img', async (request) => {
    const parameters = readRequest(txt2imgSchema, request.body);
    const job = txt2imgJob(parameters, await settings.with(parameters.override_settings), await facts.hosts.describe());
    return await answer(job, parameters, parameters, request);
  });

  app.post('/sdapi/v1/img2img', async (request) => {
    const parameters = readRequest(img2imgSchema, request.body);
    const job = await img2imgJob(
      parameters,
      await settings.with(parameters.override_settings),
      await facts.hosts.describe(),
    );
    const { include_init_images, ...echo } = parameters;
    const told = include_init_images ? echo : { ...echo, init_images: null, mask: null };
    return await answer(job, parameters, told, request);
  });

  async function answer(
    wanted: JobRequest,
    request: CommonRequest,
    parameters: object,
    { host, protocol }: FastifyRequest,
  ) {
    const submitted = await service.submit(wanted);
    tasks.add(request.force_task_id, submitted);
    const job = await service.ended(submitted.id);
    if (job.state === 'failed') throw new StepsAnimationError(job.errorCode ?? 'model', job.error ?? 'The job failed.');
    const images = request.send_images ? await imagesOf(job) : [];
    return {
      images,
      parameters: { ...parameters, ...sizeOf(job) },
      info: infoOf(job, request, `${protocol}://${host}`),
    };
  }
}

/** A request with what it leaves out taken from its `infotext`, and then from the defaults. */
function readRequest<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  const given = withoutNulls(body);
  const infotext = isRecord(given) ? given.infotext : undefined;
  if (typeof infotext !== 'string' || !isRecord(given)) return readBody(schema, given);
  return readBody(schema, { ...fieldsOfInfotext(infotext), ...given });
}
