import { once } from 'node:events';
import type { ModelSettings } from '../../diffusion/forked-process.js';
import { Inference, type LoadedModelInfo } from '../../diffusion/inference.js';
import { samplerNames, schedulerNames } from '../../diffusion/names.js';
import type { DeviceChoice } from '../../diffusion/networks/devices.js';
import { latentColoursOf } from '../../diffusion/networks/latent-colours.js';
import { type ModelFolder, readModelFolder } from '../../diffusion/networks/model-folder.js';
import { TokenCounter } from '../../diffusion/prompts/token-count.js';
import { StepDecoder } from '../../diffusion/step-decoder.js';
import { locateModels } from '../../models/models-folders.js';
import { findModelFolder, readUsableModels } from '../../models/stored-models.js';
import { checkOptions } from '../../options/check-options.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '../host.js';
import { eventsOf } from './events.js';
import { type EmbeddedRun, planRun, requireSize } from './plan.js';
import { requirePreview, StepPictures } from './step-pictures.js';

export type EmbeddedHostSettings = {
  /**
   * folders of model folders, of which the first that has a name counts; if left out, those of the models of this
   * package and of the stored ones (`$STEPS_ANIMATION_MODELS`, or the cache folder of the platform)
   */
  readonly modelsFolders?: readonly string[];
  /** the same for one folder alone */
  readonly modelsFolder?: string;
  /** what networks run on; `auto`, the first of the machine's that works, if left out */
  readonly device?: DeviceChoice;
  /** how many threads share the work of one step; all of the machine's if left out */
  readonly threads?: number;
};

/**
 * The host that comes with this package: it runs diffusion models on this machine. A model stays loaded for the
 * next request until another one is asked for or the host is disposed of; an idle host lets the process end.
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

/** A model with the process that samples and the one that decodes its steps. */
class LoadedModel implements AsyncDisposable {
  readonly inference: Inference;
  readonly decoder: StepDecoder;
  /** how many need it */
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
  /** the one that was asked for last, and those that runs still need */
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
      models: models.map(({ name, width, height }) => ({ name, width, height })),
      samplers: samplerNames,
      schedulers: schedulerNames,
    };
  }

  async check(request: GenerationRequest): Promise<void> {
    const folder = await this.#folderOf(request);
    const { preview } = await planRun(request, folder);
    requirePreview(preview, { hasTiny: folder.tinyDecoder !== undefined, colours: await latentColoursOf(folder) });
  }

  prepare(request: GenerationRequest): void {
    this.#preparing = this.#folderOf(request)
      .then(({ path }) => {
        this.#load(path);
        return this.#unloadOthers();
      })
      .catch(() => {});
  }

  /** @throws StepsAnimationError `usage` or `model` before any sampling; when aborted while loading, only `end` comes */
  async *generate(
    request: GenerationRequest,
    signal?: AbortSignal,
    skips?: EventTarget,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const folder = await this.#folderOf(request);
    const run = await planRun(request, folder);
    const loaded = this.#load(folder.path);
    loaded.runs++;
    try {
      await this.#unloadOthers();
      yield* this.#run(run, folder, loaded, signal, skips);
    } finally {
      loaded.runs--;
      await this.#unloadOthers();
    }
  }

  async *#run(
    run: EmbeddedRun,
    folder: ModelFolder,
    loaded: LoadedModel,
    signal: AbortSignal | undefined,
    skips: EventTarget | undefined,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const facts = await settledOrAborted(loaded.inference.loaded(), signal);
    if (facts?.fixedSize) requireSize(run, facts.fixedSize);
    if (!facts || signal?.aborted) {
      yield { type: 'end' };
      return;
    }
    const pictures = await this.#stepPictures(run, folder, loaded, facts);
    try {
      const notes = [facts.note, await leftOutNote(run, folder, facts.fixedTokens)].filter(
        (note) => note !== undefined,
      );
      yield* eventsOf(run, loaded.inference, pictures, { notes, signal, skips });
      yield { type: 'end' };
    } finally {
      pictures.close();
    }
  }

  async #stepPictures(
    run: EmbeddedRun,
    folder: ModelFolder,
    { inference, decoder }: LoadedModel,
    { device }: LoadedModelInfo,
  ): Promise<StepPictures> {
    return new StepPictures(run.preview, {
      ...{ inference, decoder, device },
      hasTiny: folder.tinyDecoder !== undefined,
      colours: await latentColoursOf(folder),
      steps: run.passes.reduce((sum, { steps }) => sum + steps, 0),
    });
  }

  async #folderOf(request: GenerationRequest): Promise<ModelFolder> {
    const { model } = checkOptions(generationOptionsSchema.pick({ model: true }), { model: request.model });
    return await readModelFolder(await findModelFolder(model, this.#modelsFolders));
  }

  #load(path: string): LoadedModel {
    const current = this.#loaded;
    if (current?.model.path === path && current.inference.alive) return current;
    this.#loaded = new LoadedModel({ ...this.#settings, path });
    this.#models.add(this.#loaded);
    return this.#loaded;
  }

  /** Another model that has been loaded goes as soon as no run needs it. */
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

/** Tells that a prompt is longer than what the model reads of it. */
async function leftOutNote(
  { batches }: EmbeddedRun,
  { name, path }: ModelFolder,
  mostTokens: number | undefined,
): Promise<string | undefined> {
  const [batch] = batches;
  if (mostTokens === undefined || !batch) return undefined;
  const counter = await TokenCounter.load(path);
  const counts = [batch.prompt, batch.negativePrompt].map((text) => counter.count(text, batch.steps));
  // One chunk is read, and more where the model takes them.
  const { count, limit } = counts.reduce((longest, each) => (each.limit > longest.limit ? each : longest));
  const chunks = Math.ceil(limit / counter.capacity);
  const read = Math.max(Math.floor(mostTokens / counter.chunkLength), 1);
  if (chunks <= read) return undefined;
  return `The model ${name} reads ${read * counter.capacity} tokens of a prompt; this one has ${count}: the rest is passed over.`;
}
