import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Picture } from '../animation/picture.js';
import { Inference } from '../diffusion/inference.js';
import type { Latent } from '../diffusion/latent.js';
import { readModelFolder } from '../diffusion/model-folder.js';
import { samplerNames, schedulerNames } from '../diffusion/names.js';
import { StepDecoder } from '../diffusion/step-decoder.js';
import { StepsAnimationError } from '../errors.js';
import { locateModels } from '../models/models-folders.js';
import { findModelFolder, readUsableModels } from '../models/stored-models.js';
import { eventsOf } from './embedded-events.js';
import { planRun, requireSize } from './embedded-run.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from './host.js';

export type EmbeddedHostSettings = {
  /**
   * folders of model folders, of which the first that has a name counts; if left out, those of the models of this
   * package and of the stored ones (`$STEPS_ANIMATION_MODELS`, or the cache folder of the platform)
   */
  readonly modelsFolders?: readonly string[];
  /** the same for one folder alone */
  readonly modelsFolder?: string;
};

/** What txt2img takes for the embedded model where nothing else is said; width and height 0 are the model's own. */
export const embeddedDefaults = {
  model: 'emoji',
  sampler: 'Euler a',
  scheduler: 'Automatic',
  steps: 20,
  cfgScale: 4,
  width: 0,
  height: 0,
} as const satisfies Partial<GenerationRequest>;

/**
 * Whether steps can be decoded while others are sampled without slowing the sampler down. On two cores even
 * processes of the lowest priority cost it a tenth of its time, so there the steps' pictures come afterwards.
 */
const coresToSpare = availableParallelism() > 2;

/**
 * The host that comes with this package: it runs diffusion models on this machine. A model stays loaded for the
 * next request until another one is asked for or the host is disposed of; an idle host lets the process end.
 */
export function createEmbeddedHost({
  modelsFolder,
  modelsFolders = modelsFolder === undefined ? defaultModelsFolders() : [modelsFolder],
}: EmbeddedHostSettings = {}): Host & AsyncDisposable {
  return new EmbeddedHost(modelsFolders);
}

function defaultModelsFolders(): readonly string[] {
  const { packaged, stored } = locateModels();
  return [packaged, stored];
}

/** A model with the process that samples and the one that decodes its steps. */
class LoadedModel implements AsyncDisposable {
  readonly inference: Inference;
  readonly decoder: StepDecoder;

  constructor(readonly path: string) {
    this.inference = new Inference(path);
    this.decoder = new StepDecoder(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.inference[Symbol.asyncDispose](), this.decoder[Symbol.asyncDispose]()]);
  }
}

class EmbeddedHost implements Host, AsyncDisposable {
  readonly name = 'embedded';
  readonly #modelsFolders: readonly string[];
  #loaded: LoadedModel | undefined;

  constructor(modelsFolders: readonly string[]) {
    this.#modelsFolders = modelsFolders;
  }

  async describe(): Promise<HostDescription> {
    const models = await readUsableModels(this.#modelsFolders);
    return {
      models: models.map(({ name, width, height }) => ({ name, width, height })),
      samplers: samplerNames,
      schedulers: schedulerNames,
    };
  }

  /** @throws StepsAnimationError `usage` or `model` before any sampling; when aborted while loading, only `end` comes */
  async *generate(request: GenerationRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void, void> {
    const folder = await readModelFolder(await findModelFolder(request.model, this.#modelsFolders));
    const run = planRun(request, folder);
    const { inference, decoder } = await this.#load(folder.path);
    let ended = false;
    const decode = async (latent: Latent): Promise<Picture> => {
      if (ended) throw new StepsAnimationError('usage', 'A step can be decoded only until its run has ended.');
      if (!coresToSpare) await inference.idle();
      return await decoder.decode(latent);
    };
    try {
      const fixedSize = await settledOrAborted(inference.loaded(), signal);
      if (fixedSize) requireSize(run, fixedSize);
      if (!signal?.aborted) yield* eventsOf(run, inference, decode, signal);
      yield { type: 'end' };
    } finally {
      ended = true;
    }
  }

  async #load(path: string): Promise<LoadedModel> {
    const current = this.#loaded;
    if (current?.path === path && current.inference.alive) return current;
    const loaded = new LoadedModel(path);
    this.#loaded = loaded;
    await current?.[Symbol.asyncDispose]();
    return loaded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.[Symbol.asyncDispose]();
  }
}

/** Waits for `work`, but no longer than until the signal aborts. */
async function settledOrAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!signal) return await work;
  const listening = new AbortController();
  const aborted = once(signal, 'abort', { signal: listening.signal }).then(
    () => undefined,
    () => undefined,
  );
  try {
    return signal.aborted ? undefined : await Promise.race([work, aborted]);
  } finally {
    listening.abort();
    work.catch(() => {});
  }
}
