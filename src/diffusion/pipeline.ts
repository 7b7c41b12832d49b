import { join } from 'node:path';
import { imageOf, type Latent, type LatentShape, map } from './latent.js';
import { type DecodedPicture, LatentDecoder } from './latent-decoder.js';
import { type ModelFolder, readModelFolder } from './model-folder.js';
import { findSampler, findScheduler } from './names.js';
import { createNoiseSource } from './noise/noise.js';
import { NoiseModel } from './noise-model.js';
import type { FloatTensor } from './onnx.js';
import { PromptEncoder } from './prompt-encoder.js';
import type { SamplerStep } from './samplers/sampler.js';

/** One batch to be made. */
export type BatchRequest = {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly sampler: string;
  readonly scheduler: string;
  readonly steps: number;
  readonly cfgScale: number;
  /** one for each image of the batch, 0 to 2^32 - 1 */
  readonly seeds: readonly number[];
  /** in pixels, multiples of the model's `sizeUnit`, and its `fixedSize` if it has one */
  readonly width: number;
  readonly height: number;
};

export type Size = { readonly width: number; readonly height: number };

/** How a batch ended: with no pictures when it was stopped before its first step. */
export type FinishedBatch = {
  readonly pictures: readonly DecodedPicture[];
  readonly reason: 'finished' | 'interrupted';
};

/** The networks of a text-to-image model, loaded and joined. */
export class Pipeline implements AsyncDisposable {
  readonly #folder: ModelFolder;
  readonly #prompts: PromptEncoder;
  readonly #model: NoiseModel;
  readonly #decoder: LatentDecoder;
  readonly #encoded = new Map<string, FloatTensor>();

  private constructor(folder: ModelFolder, prompts: PromptEncoder, model: NoiseModel, decoder: LatentDecoder) {
    this.#folder = folder;
    this.#prompts = prompts;
    this.#model = model;
    this.#decoder = decoder;
  }

  /** @throws StepsAnimationError `model` when the folder is incomplete or of a kind that cannot run */
  static async load(path: string): Promise<Pipeline> {
    const folder = await readModelFolder(path);
    const prompts = await PromptEncoder.load(path);
    const model = await NoiseModel.load(join(path, 'unet', 'model.onnx'), folder.scheduler);
    return new Pipeline(folder, prompts, model, await LatentDecoder.load(path));
  }

  /** The only size in pixels that the model can make; undefined where it takes any multiple of its `sizeUnit`. */
  get fixedSize(): Size | undefined {
    const { latentFactor } = this.#folder;
    const fixed = this.#model.fixedSize;
    return fixed && { width: fixed.width * latentFactor, height: fixed.height * latentFactor };
  }

  /**
   * Makes one batch: yields every step, returns the pictures. When `signal` aborts, the step at hand is the
   * last, and its denoised latents become the pictures.
   * @throws StepsAnimationError `usage` for samplers and schedulers that there are not
   */
  async *generate(request: BatchRequest, signal: AbortSignal): AsyncGenerator<SamplerStep, FinishedBatch, void> {
    const sampler = findSampler(request.sampler);
    const { schedule } = findScheduler(request.scheduler, sampler);
    const shape = this.#shapeOf(request);
    const noise = createNoiseSource(shape, { seeds: request.seeds, generator: 'cpu' });
    const sigmas = schedule({ trainingSigmas: this.#model.sigmas, steps: request.steps, family: 'sd' });
    const [positive, negative] = [await this.#encode(request.prompt), await this.#encode(request.negativePrompt)];
    const denoiseBoth = this.#model.guidedBy({ positive, negative, cfgScale: request.cfgScale });
    const latent = map(noise(), (value) => value * (sigmas[0] ?? 0));
    if (signal.aborted) return { pictures: [], reason: 'interrupted' };
    const steps = sampler.sample({
      denoise: async (latent, sigma) => (await denoiseBoth(latent, sigma)).guided,
      denoiseBoth,
      timestepAt: (sigma) => this.#model.timestepAt(sigma),
      latent,
      sigmas,
      noise,
      brownian: () => noise(),
    });
    for (;;) {
      const { value, done } = await steps.next();
      if (done) return { pictures: await this.#decode(value), reason: 'finished' };
      yield value;
      if (signal.aborted && value.step < sigmas.length - 1) {
        return { pictures: await this.#decode(value.denoised), reason: 'interrupted' };
      }
    }
  }

  #shapeOf({ seeds, width, height }: BatchRequest): LatentShape {
    const { latentFactor, latentChannels } = this.#folder;
    return [seeds.length, latentChannels, height / latentFactor, width / latentFactor];
  }

  async #encode(text: string): Promise<FloatTensor> {
    const known = this.#encoded.get(text);
    if (known) return known;
    const encoded = await this.#prompts.encode(text);
    if (this.#encoded.size >= 16) this.#encoded.clear();
    this.#encoded.set(text, encoded);
    return encoded;
  }

  async #decode(latent: Latent): Promise<DecodedPicture[]> {
    const pictures: DecodedPicture[] = [];
    for (let i = 0; i < latent.shape[0]; i++) pictures.push(await this.#decoder.decode(imageOf(latent, i)));
    return pictures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prompts[Symbol.asyncDispose]();
    await this.#model[Symbol.asyncDispose]();
    await this.#decoder[Symbol.asyncDispose]();
  }
}
