import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../../errors.js';
import type { JobRequest } from '../job.js';
import type { JobService, ServiceInfo } from '../job-service.js';
import { withPictures } from '../security/limits.js';
import { imagesOf, infoOf, sizeOf } from './answer.js';
import { img2imgJob, txt2imgJob } from './generation.js';
import type { Tasks } from './progress-routes.js';
import { type CommonRequest, img2imgSchema, readRequest, txt2imgSchema } from './request.js';
import type { SettingsStore } from './settings.js';

type Parts = {
  readonly service: JobService;
  readonly serviceInfo: Pick<ServiceInfo, 'hosts'>;
  readonly settings: SettingsStore;
  readonly tasks: Tasks;
};

/** txt2img and img2img: the response is sent when the job has ended. A client that disconnects does not stop its job. */
export function addGenerationRoutes(app: FastifyInstance, { service, serviceInfo, settings, tasks }: Parts): void {
  const { hosts } = serviceInfo;

  app.post('/sdapi/v1/txt2img', async (request) => {
    const parameters = readRequest(txt2imgSchema, request.body);
    const job = txt2imgJob(parameters, await settings.with(parameters.override_settings), await hosts.describe());
    return await run(job, parameters, parameters, request);
  });

  app.post('/sdapi/v1/img2img', withPictures, async (request) => {
    const parameters = readRequest(img2imgSchema, request.body);
    const job = await img2imgJob(parameters, await settings.with(parameters.override_settings), await hosts.describe());
    const { include_init_images, ...echo } = parameters;
    const echoed = include_init_images ? echo : { ...echo, init_images: null, mask: null };
    return await run(job, parameters, echoed, request);
  });

  async function run(wanted: JobRequest, request: CommonRequest, echoed: object, { host, protocol }: FastifyRequest) {
    const submitted = await service.submit(wanted);
    tasks.add(request.force_task_id, submitted);
    const job = await service.ended(submitted.id);
    if (job.state === 'failed') throw new StepsAnimationError(job.errorCode ?? 'model', job.error ?? 'The job failed.');
    return {
      images: request.send_images ? await imagesOf(job) : [],
      parameters: { ...echoed, ...sizeOf(job) },
      info: infoOf(job, request, `${protocol}://${host}`),
    };
  }
}
