import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../../errors.js';
import type { JobRequest } from '../job.js';
import type { JobService, ServiceInfo } from '../job-service.js';
import { freeBody } from '../security/body-memory.js';
import { withPictures } from '../security/limits.js';
import { ignoredOf, imagesOf, infoOf, sizeOf } from './answer.js';
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

  app.post('/sdapi/v1/txt2img', async (request, reply) => {
    const parameters = readRequest(txt2imgSchema, request.body);
    const job = txt2imgJob(parameters, await settings.with(parameters.override_settings), await hosts.describe());
    return await answer(await submit(job, parameters, parameters), request, reply);
  });

  app.post('/sdapi/v1/img2img', withPictures, async (request, reply) => {
    const submitted = await submitImg2img(request.body);
    // The job may take hours.
    if (!submitted.hasPictures) freeBody(request);
    return await answer(submitted, request, reply);
  });

  async function submitImg2img(body: unknown) {
    const parameters = readRequest(img2imgSchema, body);
    const job = await img2imgJob(parameters, await settings.with(parameters.override_settings), await hosts.describe());
    const { include_init_images: hasPictures, ...echo } = parameters;
    const echoed = hasPictures ? echo : { ...echo, init_images: null, mask: null };
    return { ...(await submit(job, parameters, echoed)), hasPictures };
  }

  async function submit(wanted: JobRequest, request: CommonRequest, echoed: object): Promise<Submitted> {
    const job = await service.submit(wanted);
    tasks.add(request.force_task_id, job);
    const { send_images, seed_resize_from_w, seed_resize_from_h, styles } = request;
    return {
      id: job.id,
      echoed,
      send_images,
      seed_resize_from_w,
      seed_resize_from_h,
      styles,
      ignored: ignoredOf(request),
    };
  }

  async function answer(
    { id, echoed, ...request }: Submitted,
    { host, protocol }: FastifyRequest,
    reply: FastifyReply,
  ) {
    const job = await service.ended(id);
    if (job.state === 'failed') throw new StepsAnimationError(job.errorCode ?? 'model', job.error ?? 'The job failed.');
    return {
      images: request.send_images ? await imagesOf(job, reply) : [],
      parameters: { ...echoed, ...sizeOf(job) },
      info: infoOf(job, request, `${protocol}://${host}`),
    };
  }
}

/** What the answer to a request needs of it. */
type Submitted = Pick<CommonRequest, 'send_images' | 'seed_resize_from_w' | 'seed_resize_from_h' | 'styles'> & {
  readonly id: string;
  /** `parameters` of the answer */
  readonly echoed: object;
  readonly ignored: readonly string[];
};
