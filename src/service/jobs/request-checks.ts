import { join } from 'node:path';
import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import { resolveBelow } from '../../files/file-names.js';
import type { GenerationRequest } from '../../hosts/host.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import { MovieClient } from '../../movie/client.js';
import { type MovieSettings, trialSettings } from '../../movie/messages.js';
import type { AnimationOptions } from '../../options/animation-options.js';
import { checkAnimationOptions } from '../../options/check-animation-options.js';
import { checkOptions } from '../../options/check-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  img2imgOptionsSchema,
} from '../../options/generation-options.js';
import { withOwnLook } from '../../options/own-looks.js';
import { movieSize } from '../../pictures/fit.js';
import type { Size } from '../../pictures/picture.js';
import { messageOf } from '../../util/error-message.js';
import { withinTime } from '../../util/with-timeout.js';
import type { HostPool } from '../hosts/host-pool.js';
import { answerTimeoutMs, type PooledHost } from '../hosts/pooled-host.js';
import type { GeneratingRequest, RenderRequest, StoredJob } from '../job.js';
import { checkImageLimits, pixelsOf } from '../security/limits.js';
import { memoryForPixels } from '../security/picture-memory.js';
import { decodeStart, type StartFiles } from './job-files.js';
import type { NewJob } from './job-store.js';

/** A checked request: a new job without its id, and the pictures that it starts from. */
type CheckedJob = Omit<NewJob, 'id'> & { readonly start?: StartFiles };

/** Pixels of a side that nobody knows, and that thus is 0. */
const defaultSide = 512;

/** The only check of a request: what is wrong with it is reported before it is queued. */
export class RequestChecks {
  readonly #hosts: HostPool;
  readonly #outdir: string;
  /** codecs that have been tried, by their settings: each trial starts a process */
  readonly #trials = new Map<string, Promise<void>>();

  constructor({ hosts, outdir }: { readonly hosts: HostPool; readonly outdir: string }) {
    this.#hosts = hosts;
    this.#outdir = outdir;
  }

  /** @throws StepsAnimationError `usage` or `model`, with the value and what is allowed */
  async generation(request: GeneratingRequest): Promise<CheckedJob> {
    const { kind, host } = request;
    const model = request.generation.model ?? (await this.#defaultModel(host));
    const given = model === undefined ? request.generation : { ...request.generation, model };
    const generation = checkOptions(generationOptionsSchema, given);
    const size = await this.#sizeOf(generation);
    checkImageLimits({ ...generation, ...size });
    const animation = request.animation && checkAnimationOptions(await withOwnLook(request.animation));
    // Only names of models: with paths, clients could look around on this machine.
    const candidates = chooseHost(await this.#hosts.withModel(generation.model), host, generation.model);
    const { start, img2img } = checkStart(request);
    using _ = start && (await memoryForStart(start));
    const decoded = start && { start: { ...img2img, ...(await decodeStart(start)) } };
    const hosts = await acceptingHosts(candidates, { ...generation, ...decoded });
    if (animation) await this.#checkAnimation(kind, animation, size, generation.hiresScale);
    const options = { generation, img2img: img2img ?? null, animation, of: null, image: null };
    return { kind, options, hosts, ...(start && { start }) };
  }

  /** @throws StepsAnimationError `usage`, with the value and what is allowed */
  async render({ of, image, ...request }: RenderRequest, original: StoredJob | undefined): Promise<CheckedJob> {
    if (!original || original.kind === 'render') {
      throw new StepsAnimationError('usage', `There is no job ${of} that generated images.`);
    }
    const shown = original.images.find(({ index }) => index === image);
    if (!shown) throw new StepsAnimationError('usage', `The job ${of} has no image ${image}.`);
    if (shown.steps.length === 0) throw noSteps(of);
    const animation = { ...checkAnimationOptions(await withOwnLook(request.animation)), createAnimation: true };
    await this.#checkAnimation(original.kind, animation, shown);
    return { kind: 'render', options: { generation: null, img2img: null, animation, of, image }, hosts: [] };
  }

  /** The model of requests that name none. */
  async #defaultModel(host: string | undefined): Promise<string | undefined> {
    if (host === undefined) return (await this.#hosts.describe()).model;
    const member = this.#hosts.get(host);
    return member?.defaultModel ?? (await member?.describe())?.models[0]?.name;
  }

  /** The size of the first pass: of the model where the request leaves it open, or a usual one if that is not known. */
  async #sizeOf({ model: wanted, width, height }: GenerationOptions): Promise<Size> {
    const { models } = await this.#hosts.describe();
    const model = models.find(({ name }) => name === wanted);
    return { width: width || model?.width || defaultSide, height: height || model?.height || defaultSide };
  }

  async #checkAnimation(
    tab: 'txt2img' | 'img2img',
    animation: AnimationOptions,
    { width, height }: Size,
    scale = 1,
  ): Promise<void> {
    const folder = imagesFolder(this.#outdir, tab);
    resolveBelow(folder, animation.intermediatePath);
    resolveBelow(folder, animation.animationPath);
    // An image that is not finished may have no size.
    const size = { width: (width || defaultSide) * scale, height: (height || defaultSide) * scale };
    if (animation.createAnimation) await this.#tryCodec(animation, movieSize(size, animation));
  }

  async #tryCodec(animation: AnimationOptions, { width, height }: Size): Promise<void> {
    const { codec, encoderSettings, interpolation, fps } = animation;
    const key = JSON.stringify({ codec, encoderSettings, interpolation, fps, width, height });
    const trial = this.#trials.get(key) ?? tryInProcess(trialSettings(animation, { width, height }));
    this.#trials.set(key, trial);
    try {
      await trial;
    } catch (error) {
      // It may work the next time, for example when there is space on the disk again.
      this.#trials.delete(key);
      throw error;
    }
  }
}

/** @throws StepsAnimationError `usage` when the named host is not among those with the model */
function chooseHost(hosts: readonly PooledHost[], name: string | undefined, model: string): readonly PooledHost[] {
  if (name === undefined) return hosts;
  const found = hosts.filter((host) => host.name === name);
  if (found.length > 0) return found;
  const names = hosts.map((host) => host.name).join(', ');
  throw new StepsAnimationError(
    'usage',
    `There is no host ${JSON.stringify(name)} with the model ${model}; choose one of: ${names}.`,
  );
}

/**
 * The names of the hosts that accept a request: of the available ones, or of all if none is available. Once one has
 * accepted it, the others have a moment to answer; those that do not are left out, as they may refuse it.
 * @throws the refusal of the first host if none accepts it, preferably of one that can be reached
 */
async function acceptingHosts(hosts: readonly PooledHost[], request: GenerationRequest): Promise<readonly string[]> {
  const available = hosts.filter(({ isAvailable }) => isAvailable);
  const asked = available.length > 0 ? available : hosts;
  const accepting = new Set<string>();
  const checks = asked.map(async (member) => {
    await checkBy(member, request);
    accepting.add(member.name);
  });
  const all = Promise.allSettled(checks);
  await Promise.any(checks).catch(async () => {
    const refusals = (await all).flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    throw refusals.find((refusal) => !isUnreachable(refusal)) ?? refusals[0];
  });
  await withinTime(all, answerTimeoutMs);
  return asked.map(({ name }) => name).filter((name) => accepting.has(name));
}

/** @throws the refusal of the host */
async function checkBy(member: PooledHost, request: GenerationRequest): Promise<void> {
  if (!member.host.check) return;
  try {
    await member.host.check(request);
    member.markAvailable();
  } catch (error) {
    if (isUnreachable(error)) member.markUnavailable(messageOf(error));
    throw error;
  }
}

async function tryInProcess(settings: MovieSettings): Promise<void> {
  await using client = new MovieClient(() => {});
  try {
    await client.ask<'check'>({ type: 'check', settings });
  } catch (cause) {
    const { codec, encoderSettings } = settings;
    const message = `The codec ${codec} does not work with the encoder settings ${JSON.stringify(encoderSettings)}: ${messageOf(cause)}`;
    throw new StepsAnimationError('usage', message, { cause });
  }
}

function checkStart(request: GeneratingRequest) {
  if (request.kind === 'txt2img') return {};
  const { picture, mask, ...given } = request.start;
  return { start: { picture, ...(mask && { mask }) }, img2img: checkOptions(img2imgOptionsSchema, given) };
}

/** Waits until there is memory for its pictures. Those that cannot be read need none. */
async function memoryForStart({ picture, mask }: StartFiles): Promise<Disposable> {
  const files = mask ? [picture, mask] : [picture];
  const pixels = await Promise.all(
    files.map((file) =>
      sharp(file, { limitInputPixels: false })
        .metadata()
        .then(pixelsOf, () => 0),
    ),
  );
  return await memoryForPixels(pixels.reduce((sum, one) => sum + one, 0));
}

/** The folder of the finished images of a tab. */
export function imagesFolder(outdir: string, tab: 'txt2img' | 'img2img'): string {
  return join(outdir, `${tab}-images`);
}

export function noSteps(job: string | null): StepsAnimationError {
  return new StepsAnimationError('usage', `The steps of the job ${job} are no longer kept: run it again.`);
}
