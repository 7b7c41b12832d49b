import { join } from 'node:path';
import { StepsAnimationError } from '../../errors.js';
import { resolveBelow } from '../../files/file-names.js';
import type { GenerationRequest } from '../../hosts/host.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import { MovieClient } from '../../movie/client.js';
import { type MovieSettings, trialSettings } from '../../movie/messages.js';
import { type AnimationOptions, animationOptionsSchema } from '../../options/animation-options.js';
import { checkOptions } from '../../options/check-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../options/generation-options.js';
import { messageOf } from '../../util/error-message.js';
import { briefly } from '../hosts/briefly.js';
import type { HostPool } from '../hosts/host-pool.js';
import type { PooledHost } from '../hosts/pooled-host.js';
import type { Job, JobRequest } from '../job.js';
import { decodeStart, type StartFiles } from './job-files.js';

/** What a job is made of: its options, complete, and the pictures that it starts from. */
export type CheckedRequest = {
  readonly kind: Job['kind'];
  readonly options: Job['options'];
  readonly start: StartFiles | undefined;
  /** names of the hosts that can do it; null for what needs none */
  readonly hosts: readonly string[] | null;
};

type Size = { readonly width: number; readonly height: number };
type GeneratingRequest = Exclude<JobRequest, { kind: 'render' }>;
type RenderRequest = Extract<JobRequest, { kind: 'render' }>;

/** Pixels; the codec is tried at this size where the model's own is wanted. */
const usualSide = 512;

/** Refuses what cannot be done, before it waits in the queue: what can be checked now does not fail later. */
export class RequestChecks {
  readonly #hosts: HostPool;
  readonly #outdir: string;
  /** Codecs that have been tried, by their settings: each trial starts a process. */
  readonly #trials = new Map<string, Promise<void>>();

  constructor({ hosts, outdir }: { readonly hosts: HostPool; readonly outdir: string }) {
    this.#hosts = hosts;
    this.#outdir = outdir;
  }

  /** @throws StepsAnimationError `usage` or `model`, naming the value and what is possible */
  async generation(request: GeneratingRequest): Promise<CheckedRequest> {
    const model = request.generation.model ?? (await this.#usualModel(request.host));
    const given = model === undefined ? request.generation : { ...request.generation, model };
    const generation = checkOptions(generationOptionsSchema, given);
    const animation = request.animation && checkOptions(animationOptionsSchema, request.animation);
    // Names of models only: a path would let any client look about on this machine.
    const having = await this.#hosts.having(generation.model);
    const { start, options: img2img } = checkStart(request);
    const decoded: GenerationRequest = start
      ? { ...generation, start: { ...img2img, ...(await decodeStart(start)) } }
      : generation;
    const hosts = await ableHosts(chosen(having, request.host, generation.model), decoded);
    const { width, height, hiresScale } = generation;
    const size = {
      width: (width || usualSide) * hiresScale,
      height: (height || usualSide) * hiresScale,
    };
    if (animation) await this.#checkAnimation(request.kind, animation, size);
    return {
      kind: request.kind,
      options: { generation, img2img: img2img ?? null, animation, of: null, image: null },
      ...{ start, hosts },
    };
  }

  /** @throws StepsAnimationError `usage`, naming the value and what is possible */
  async render(request: RenderRequest, original: Job | undefined): Promise<CheckedRequest> {
    const { of, image } = request;
    const shown = original?.images.find(({ index }) => index === image);
    if (!original || original.kind === 'render') {
      throw new StepsAnimationError('usage', `There is no job ${of} that generated images.`);
    }
    if (!shown) throw new StepsAnimationError('usage', `The job ${of} has no image ${image}.`);
    if (shown.steps.length === 0) {
      throw new StepsAnimationError('usage', `The steps of the job ${of} are not kept any more: run it again.`);
    }
    const animation = { ...checkOptions(animationOptionsSchema, request.animation), createAnimation: true };
    await this.#checkAnimation(original.kind, animation, shown);
    return {
      kind: 'render',
      options: { generation: null, img2img: null, animation, of, image },
      ...{ start: undefined, hosts: null },
    };
  }

  /** The model of requests that name none. */
  async #usualModel(host: string | undefined): Promise<string | undefined> {
    if (host === undefined) return (await this.#hosts.describe()).model;
    const member = this.#hosts.get(host);
    return member?.usualModel ?? (await member?.ask())?.models[0]?.name;
  }

  async #checkAnimation(tab: 'txt2img' | 'img2img', animation: AnimationOptions, size: Size): Promise<void> {
    const folder = imagesFolder(this.#outdir, tab);
    resolveBelow(folder, animation.intermediatePath);
    resolveBelow(folder, animation.animationPath);
    if (animation.createAnimation) await this.#tryCodec(animation, size);
  }

  async #tryCodec(animation: AnimationOptions, { width, height }: Size): Promise<void> {
    const settings = trialSettings(animation, { width, height });
    const { codec, encoderSettings, interpolation, fps } = animation;
    const key = JSON.stringify({ codec, encoderSettings, interpolation, fps, width, height });
    let trial = this.#trials.get(key);
    if (!trial) {
      trial = tryInProcess(settings);
      this.#trials.set(key, trial);
      // What failed may work the next time, on a disk that has room again for example.
      trial.catch(() => this.#trials.delete(key));
    }
    await trial;
  }
}

/** @throws StepsAnimationError `usage` when it is not among those that have the model */
function chosen(hosts: readonly PooledHost[], name: string | undefined, model: string): readonly PooledHost[] {
  if (name === undefined) return hosts;
  const found = hosts.filter((host) => host.name === name);
  if (found.length > 0) return found;
  const choice = hosts.map((host) => host.name).join(', ');
  throw new StepsAnimationError(
    'usage',
    `There is no host ${JSON.stringify(name)} with the model ${model}; choose one of: ${choice}.`,
  );
}

/**
 * The names of the hosts that accept a request: of those that are there, or of all where none is. Once one has accepted
 * it, nobody waits long for the others: one that is slow to say so does not get it, as it may refuse.
 * @throws what the first of them says when none does, if possible one that can be reached
 */
async function ableHosts(hosts: readonly PooledHost[], request: GenerationRequest): Promise<readonly string[]> {
  const there = hosts.filter(({ isAway }) => !isAway);
  const asked = there.length > 0 ? there : hosts;
  const accepting = new Set<string>();
  const checks = asked.map(async (member) => {
    await check(member, request);
    accepting.add(member.name);
  });
  const all = Promise.allSettled(checks);
  await Promise.any(checks).catch(async () => {
    const refusals = (await all).flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    throw refusals.find((refusal) => !isUnreachable(refusal)) ?? refusals[0];
  });
  await briefly(all);
  return asked.map(({ name }) => name).filter((name) => accepting.has(name));
}

/** @throws what the host says */
async function check(member: PooledHost, request: GenerationRequest): Promise<void> {
  if (!member.host.check) return;
  try {
    await member.host.check(request);
    member.markThere();
  } catch (error) {
    if (error instanceof Error && isUnreachable(error)) member.markAway(error.message);
    throw error;
  }
}

async function tryInProcess(settings: MovieSettings): Promise<void> {
  await using client = new MovieClient(() => {});
  try {
    await client.ask<'check'>({ type: 'check', settings });
  } catch (cause) {
    const reason = messageOf(cause);
    const { codec, encoderSettings } = settings;
    const message = `The codec ${codec} does not work with the encoder settings ${JSON.stringify(encoderSettings)}: ${reason}`;
    throw new StepsAnimationError('usage', message, { cause });
  }
}

function checkStart(request: GeneratingRequest) {
  if (request.kind === 'txt2img') return { start: undefined, options: undefined };
  const { picture, mask, ...given } = request.start;
  return { start: { picture, ...(mask && { mask }) }, options: checkOptions(img2imgOptionsSchema, given) };
}

/** Where the finished images of a tab are. */
export function imagesFolder(outdir: string, tab: 'txt2img' | 'img2img'): string {
  return join(outdir, `${tab}-images`);
}
