import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepsAnimationError } from '#src/errors.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '#src/options/generation-options.js';
import { encodePng } from '#src/pictures/picture-files.js';
import type { GeneratingRequest, Job, JobProgress, JobRequest } from '#src/service/job.js';
import type { JobService } from '#src/service/job-service.js';
import { checkImageLimits } from '#src/service/security/limits.js';
import { plain } from './pictures.js';

const none = { step: 0, steps: 0, stepsPerSecond: null, secondsLeft: null, frame: 0, frames: 0, preview: 0 };

/** A service without models and files of its own: jobs stand still until a test lets them end. */
export class FakeJobService implements Pick<JobService, keyof JobService> {
  /** how often something was skipped */
  skipped = 0;
  readonly requests: GeneratingRequest[] = [];
  readonly #folder: string;
  readonly #jobs = new Map<string, Job>();
  readonly #events = new EventEmitter();
  jpeg: Uint8Array | undefined;

  /** @param atOnce whether jobs end as soon as they are asked for */
  constructor(
    folder: string,
    readonly atOnce = true,
  ) {
    this.#folder = folder;
  }

  async submit(request: JobRequest): Promise<Job> {
    if (request.kind === 'render') throw new StepsAnimationError('usage', 'This fake does not render.');
    checkImageLimits(generationOptionsSchema.parse(request.generation));
    this.requests.push(request);
    const job = { ...newJob(request), state: this.current() ? ('queued' as const) : ('running' as const) };
    this.#jobs.set(job.id, job);
    this.#events.emit('submitted');
    if (this.atOnce) setImmediate(() => this.finish(job.id));
    return job;
  }

  /** Resolves when this many jobs have been submitted. */
  async submitted(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#events, 'submitted');
  }

  /** Sets the progress of the running job. */
  advance(progress: Partial<JobProgress>): void {
    const job = this.current();
    if (job) this.#jobs.set(job.id, { ...job, progress: { ...none, phase: 'sampling', ...progress } });
  }

  /** Ends a job with images of one colour. */
  async finish(id: string, state: Job['state'] = 'finished', error: string | null = null): Promise<void> {
    const job = this.#jobs.get(id);
    const generation = job?.options.generation;
    if (!job || !generation) return;
    const count = generation.batchCount * generation.batchSize;
    const seeds = Array.from({ length: count }, (_, index) => Math.max(generation.seed, 0) + index);
    const images = await Promise.all(seeds.map((seed, index) => this.#image(seed, index, generation.prompt)));
    this.#jobs.set(id, { ...job, state, error, images, endedAt: Date.now() });
    this.#events.emit(id);
  }

  async #image(seed: number, index: number, prompt: string) {
    const infotext = `${prompt}\nSteps: 20, Sampler: Euler, Seed: ${seed}, Size: 16x8, Model: emoji`;
    const path = join(this.#folder, `${randomUUID()}.png`);
    await writeFile(path, await encodePng(plain(16, 8, 200, 30, 30), infotext, 1));
    return { index, seed, width: 16, height: 8, infotext, path, steps: [] };
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  list({ state }: Parameters<JobService['list']>[0] = {}): Job[] {
    return [...this.#jobs.values()].filter((job) => state === undefined || job.state === state);
  }

  current(): Job | undefined {
    return [...this.#jobs.values()].find(({ state, endedAt }) => state === 'running' && endedAt === null);
  }

  skip(id: string): Job {
    this.skipped++;
    return this.#job(id);
  }

  get queued(): number {
    return [...this.#jobs.values()].filter(({ state }) => state === 'queued').length;
  }

  async cancel(id: string): Promise<Job> {
    await this.finish(id, 'interrupted');
    return this.#job(id);
  }

  async ended(id: string): Promise<Job> {
    if (this.#job(id).endedAt === null) await once(this.#events, id);
    return this.#job(id);
  }

  async preview(): Promise<{ version: number; jpeg: Uint8Array } | undefined> {
    return this.jpeg && { version: 3, jpeg: this.jpeg };
  }

  #job(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new StepsAnimationError('usage', `There is no job ${id}.`);
    return job;
  }

  readonly move = notFaked;
  readonly again = notFaked;
  readonly remove = notFaked;
  readonly stepPicture = notFaked;
  readonly events = notFaked;
  get library(): never {
    return notFaked();
  }
}

function notFaked(): never {
  throw new Error('This fake does not do that.');
}

function newJob(request: GeneratingRequest): Job {
  const { kind, generation, animation } = request;
  const start = request.kind === 'img2img' ? request.start : undefined;
  const { picture: _, mask: __, ...img2img } = start ?? { picture: undefined };
  return {
    ...{
      id: randomUUID(),
      kind,
      state: 'running',
      position: null,
      host: 'embedded',
      hosts: ['embedded'],
      waitsFor: [],
    },
    ...{ createdAt: Date.now(), startedAt: Date.now(), endedAt: null },
    options: {
      generation: generationOptionsSchema.parse(generation),
      img2img: start ? img2imgOptionsSchema.parse(img2img) : null,
      animation: animation && animationOptionsSchema.parse(animation),
      ...{ of: null, image: null },
    },
    ...{ progress: null, images: [], animations: [], notes: [], error: null, errorCode: null },
  };
}
