import { once } from 'node:events';
import type { BatchRequest } from '../../diffusion/batch-request.js';
import { Inference, type LoadedModelInfo } from '../../diffusion/inference.js';
import type { ModelSettings } from '../../diffusion/model-process.js';
import { samplerNames, schedulerNames } from '../../diffusion/names.js';
import type { DeviceChoice } from '../../diffusion/networks/devices.js';
import { latentColoursOf } from '../../diffusion/networks/latent-colours.js';
import { type ModelFolder, readModelFolder } from '../../diffusion/networks/model-folder.js';
import { evaluationsOf } from '../../diffusion/passes.js';
import { checkSchedule, countTokens } from '../../diffusion/prompts/prompt-thread.js';
import { StepDecoder } from '../../diffusion/step-decoder.js';
import { locateModels } from '../../models/models-folders.js';
import { findModelFolder, readUsableModels } from '../../models/stored-models.js';
import { type CheckedRequest, checkRequest } from '../check-request.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '../host.js';
import { type EmbeddedPlan, planRequest, requireSize } from './plan.js';
import { generateBatches } from './run.js';
import { requirePreview, StepPictures } from './step-pictures.js';

/** Settings of the embedded host; all are optional. */
export type EmbeddedHostSettings = {
  /**
   * Folders that contain model folders; a name means the model of the first one that has it. Default: the packaged models,
   * then the stored ones (`$STEPS_ANIMATION_MODELS`, or the cache folder of the platform).
   */
  readonly modelsFolders?: readonly string[];
  /** The same, for a single folder; ignored if `modelsFolders` is given. */
  readonly modelsFolder?: string;
  /** What the networks run on. Default: `auto`, the first device of the machine that works. */
  readonly device?: DeviceChoice;
  /** Number of threads that share the work of a step. Default: those of the machine. */
  readonly threads?: number;
};

/**
 * Creates a host that runs diffusion models on this machine, with the engine of this package. A model stays loaded until
 * another one is requested or the host is disposed of; an idle host does not keep the process alive.
 *
 * @example
 * ```ts
 * await using host = createEmbeddedHost();
 * const { models, samplers } = await host.describe();
 * await animate({ host, request: { prompt: 'a red apple', sampler: 'Euler a' }, outdir: 'outputs' });
 * ```
 */
export function createEmbeddedHost({
  modelsFolder,
  modelsFolders = modelsFolder === undefined ? defaultModelsFolders() : [modelsFolder],
  device = 'auto',
  threads,
}: EmbeddedHostSettings = {}): Host & AsyncDisposable {
  return new EmbeddedHost(modelsFolders, { device, threads });
}

function defaultModelsFolders(): readonly string[] {
  const { packaged, stored } = locateModels();
  return [packaged, stored];
}

/** A model with a process that samples and one that decodes its steps. */
class LoadedModel implements AsyncDisposable {
  readonly inference: Inference;
  readonly decoder: StepDecoder;
  /** how many runs use it */
  runs = 0;

  constructor(readonly model: ModelSettings) {
    this.inference = new Inference(model);
    this.decoder = new StepDecoder(model);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.inference[Symbol.asyncDispose](), this.decoder[Symbol.asyncDispose]()]);
  }
}

class EmbeddedHost implements Host, AsyncDisposable {
  readonly name = 'embedded';
  readonly #modelsFolders: readonly string[];
  readonly #settings: Omit<ModelSettings, 'path'>;
  /** the one that was requested last, and those that runs still use */
  readonly #models = new Set<LoadedModel>();
  #loaded: LoadedModel | undefined;
  #preparing: Promise<unknown> | undefined;

  constructor(modelsFolders: readonly string[], settings: Omit<ModelSettings, 'path'>) {
    this.#modelsFolders = modelsFolders;
    this.#settings = settings;
  }

  async describe(): Promise<HostDescription> {
    const models = await readUsableModels(this.#modelsFolders);
    return {
      models: models.map(({ name, width, height, isSizeFixed }) => ({ name, width, height, isSizeFixed })),
      samplers: samplerNames,
      schedulers: schedulerNames,
    };
  }

  async check(request: GenerationRequest): Promise<void> {
    const checked = checkRequest(request);
    const folder = await this.#folderOf(checked);
    const { preview, batches } = await planRequest(checked, folder);
    await checkSchedules(batches[0]);
    requirePreview(preview, { hasTiny: folder.tinyDecoder !== undefined, colours: await latentColoursOf(folder) });
  }

  prepare(request: GenerationRequest): void {
    this.#preparing = this.#loadModelOf(request).catch(() => {});
  }

  /** @throws StepsAnimationError `usage` or `model` before any sampling; if aborted while loading, only `end` comes */
  async *generate(
    request: GenerationRequest,
    signal?: AbortSignal,
    skips?: EventTarget,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const checked = checkRequest(request);
    const folder = await this.#folderOf(checked);
    const plan = await planRequest(checked, folder);
    const loaded = this.#load(folder.path);
    loaded.runs++;
    try {
      await this.#unloadOthers();
      const info = await settledOrAborted(loaded.inference.loaded(), signal);
      if (info?.fixedSize) requireSize(plan, info.fixedSize);
      if (!info || signal?.aborted) {
        yield { type: 'end' };
        return;
      }
      using pictures = await this.#stepPictures(plan, folder, loaded, info, signal);
      const tokenNote = await tokenLimitNote(plan, folder, info.fixedTokens);
      const notes = [info.note, tokenNote].filter((note) => note !== undefined);
      yield* generateBatches({ plan, inference: loaded.inference, pictures, notes, signal, skips });
    } finally {
      loaded.runs--;
      await this.#unloadOthers();
    }
  }

  async #stepPictures(
    plan: EmbeddedPlan,
    folder: ModelFolder,
    { inference, decoder }: LoadedModel,
    { device }: LoadedModelInfo,
    signal: AbortSignal | undefined,
  ): Promise<StepPictures> {
    return new StepPictures(plan.preview, {
      ...{ inference, decoder, device, signal },
      hasTiny: folder.tinyDecoder !== undefined,
      colours: await latentColoursOf(folder),
      steps: plan.passes.reduce((sum, { steps }) => sum + steps, 0),
    });
  }

  async #loadModelOf(request: GenerationRequest): Promise<void> {
    const { path } = await this.#folderOf(checkRequest(request));
    this.#load(path);
    await this.#unloadOthers();
  }

  async #folderOf({ options }: CheckedRequest): Promise<ModelFolder> {
    return await readModelFolder(await findModelFolder(options.model, this.#modelsFolders));
  }

  #load(path: string): LoadedModel {
    const current = this.#loaded;
    if (current?.model.path === path && current.inference.alive) return current;
    this.#loaded = new LoadedModel({ ...this.#settings, path });
    this.#models.add(this.#loaded);
    return this.#loaded;
  }

  /** Unloads all other models that no run uses. */
  async #unloadOthers(): Promise<void> {
    for (const model of [...this.#models]) {
      if (model === this.#loaded || model.runs > 0) continue;
      this.#models.delete(model);
      await model[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#preparing;
    this.#loaded = undefined;
    await Promise.all([...this.#models].map((model) => model[Symbol.asyncDispose]()));
    this.#models.clear();
  }
}

/** Waits for `work` until the signal aborts. */
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

async function checkSchedules(batch: BatchRequest | undefined): Promise<void> {
  if (!batch) return;
  const hiresSteps = batch.hires && evaluationsOf(batch.hires);
  for (const prompt of [batch.prompt, batch.negativePrompt]) {
    await checkSchedule(prompt, evaluationsOf(batch), hiresSteps);
  }
}

/** A note for a prompt that is longer than what the model reads of it. */
async function tokenLimitNote(
  { batches }: EmbeddedPlan,
  { name, path }: ModelFolder,
  maxTokens: number | undefined,
): Promise<string | undefined> {
  const [batch] = batches;
  if (maxTokens === undefined || !batch) return undefined;
  if ([batch.prompt, batch.negativePrompt].every((prompt) => surelyFits(prompt, maxTokens))) return undefined;
  const positive = await countTokens(path, batch.prompt, batch.steps);
  const negative = await countTokens(path, batch.negativePrompt, batch.steps);
  const { count, limit, chunkLength, capacity } = negative.limit > positive.limit ? negative : positive;
  const read = Math.max(Math.floor(maxTokens / chunkLength), 1) * capacity;
  if (limit <= read) return undefined;
  return `The model ${name} reads ${read} tokens of a prompt; this one has ${count}: the rest is ignored.`;
}

/**
 * Whether a prompt fits without being tokenized, which takes a tenth of a second at the first: a token stands for at
 * least one letter of ASCII, start and end take one each, and a BREAK fills up its chunk.
 */
function surelyFits(prompt: string, maxTokens: number): boolean {
  return prompt.length <= maxTokens - 2 && /^[ -~]*$/.test(prompt) && !prompt.includes('BREAK');
}
