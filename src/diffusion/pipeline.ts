import { join } from 'node:path';
import { AsyncDisposableStack } from '../util/async-disposable-stack.js';
import type { BatchRequest, PixelPicture, Size } from './batch-request.js';
import { guide, guidingPrompts } from './guidance.js';
import { composite, inpaint, latentMaskOf } from './inpainting.js';
import { imageOf, type Latent, stack, zip } from './latent.js';
import { LatentDecoder, LatentEncoder } from './networks/autoencoder.js';
import type { SessionSettings } from './networks/devices.js';
import { type ModelFolder, readModelFolder } from './networks/model-folder.js';
import { NoiseModel } from './networks/noise-model.js';
import { createBrownianNoise } from './noise/brownian.js';
import { createNoiseSource, type NoiseSource } from './noise/noise.js';
import { evaluationsOf, type PlannedPass, planPasses } from './passes.js';
import { PromptEncoder } from './prompts/prompt-encoder.js';
import type { SamplerStep } from './samplers/sampler.js';
import { initialLatent } from './samplers/steps.js';
import { enlarge, resizeLatent } from './upscaling.js';

/** A step of one pass of a batch. */
export type PassStep = SamplerStep & {
  /** 0 for the base pass, 1 for the hires pass. */
  readonly pass: number;
};

/** The result of a batch; there are no pictures if it was stopped before its first step. */
export type FinishedBatch = {
  readonly pictures: readonly PixelPicture[];
  readonly reason: 'finished' | 'interrupted';
};

type Parts = {
  readonly prompts: PromptEncoder;
  readonly model: NoiseModel;
  readonly decoder: LatentDecoder;
};

/** A loaded model: from a request to pictures. */
export class Pipeline implements AsyncDisposable {
  readonly #folder: ModelFolder;
  readonly #settings: SessionSettings;
  readonly #parts: Parts;
  readonly #resources: AsyncDisposableStack;
  #encoder: LatentEncoder | undefined;

  private constructor(folder: ModelFolder, settings: SessionSettings, parts: Parts, resources: AsyncDisposableStack) {
    this.#folder = folder;
    this.#settings = settings;
    this.#parts = parts;
    this.#resources = resources;
  }

  /** @throws StepsAnimationError `model` when the folder is incomplete or its model cannot run */
  static async load(path: string, settings: SessionSettings): Promise<Pipeline> {
    const folder = await readModelFolder(path);
    await using loaded = new AsyncDisposableStack();
    const model = loaded.use(await NoiseModel.load(join(path, 'unet', 'model.onnx'), folder, settings));
    const prompts = loaded.use(await PromptEncoder.load(folder, settings, model.fixedTokens));
    const decoder = loaded.use(await LatentDecoder.load(folder, settings));
    return new Pipeline(folder, settings, { prompts, model, decoder }, loaded.move());
  }

  /** The only size in pixels that the model can make; undefined if it takes any multiple of its `sizeUnit`. */
  get fixedSize(): Size | undefined {
    const { latentFactor } = this.#folder;
    const fixed = this.#parts.model.fixedSize;
    return fixed && { width: fixed.width * latentFactor, height: fixed.height * latentFactor };
  }

  /** How many tokens of a prompt the model reads, with start and end tokens; undefined if there is no limit. */
  get fixedTokens(): number | undefined {
    return this.#parts.model.fixedTokens;
  }

  /**
   * Generates one batch: yields every step, returns the pictures. When `signal` aborts, the current step is the last,
   * and its denoised latents become the pictures.
   * @throws StepsAnimationError `usage` for unknown samplers and schedulers
   */
  async *generate(request: BatchRequest, signal: AbortSignal): AsyncGenerator<PassStep, FinishedBatch, void> {
    const passes = planPasses(request, this.#folder);
    let latent = request.start && (await this.#encode(request.start.picture, request.seeds.length));
    for (const [index, pass] of passes.entries()) {
      if (pass.kind === 'hires' && latent) latent = await this.#enlarge(latent, pass, request);
      if (signal.aborted && index === 0) return { pictures: [], reason: 'interrupted' };
      const steps = this.#sample(request, pass, latent);
      for (;;) {
        const { value, done } = await steps.next();
        if (done) {
          latent = value;
          break;
        }
        yield { ...value, pass: index };
        const isLast = pass === passes.at(-1) && pass.exact && value.step >= pass.steps;
        if (signal.aborted && !isLast) {
          return { pictures: await this.#decode(value.denoised, request), reason: 'interrupted' };
        }
      }
    }
    return { pictures: latent ? await this.#decode(latent, request) : [], reason: 'finished' };
  }

  /** Runs one pass from noise, or from a latent plus noise. */
  async *#sample(
    request: BatchRequest,
    pass: PlannedPass,
    start: Latent | undefined,
  ): AsyncGenerator<SamplerStep, Latent, void> {
    const { sigmas, sampler } = pass;
    const noise = this.#noiseFor(request, pass);
    const first = noise();
    const highest = sigmas[0] ?? 0;
    const latent = start
      ? zip(start, first, (value, fresh) => value + fresh * highest)
      : initialLatent(first, highest, sampler);
    const guided = await this.#guide(request, pass);
    const { mask } = request.start ?? {};
    const denoiseBoth =
      start && mask
        ? inpaint(guided, start, latentMaskOf(mask, request.width, start.shape), this.#noiseFor(request, pass))
        : guided;
    const { eta, churn, churnFrom, churnTo, noiseScale } = pass.settings;
    return yield* sampler.sample({
      denoise: async (noisy, sigma) => (await denoiseBoth(noisy, sigma)).guided,
      denoiseBoth,
      timestepAt: (sigma) => this.#parts.model.timestepAt(sigma),
      ...{ latent, sigmas, noise, eta, churn, churnFrom, churnTo, noiseScale },
      brownian: createBrownianNoise(latent.shape, {
        seeds: request.seeds,
        generator: request.generator,
        lowestSigma: pass.lowestSigma,
        highestSigma: pass.highestSigma,
      }),
    });
  }

  async #guide(request: BatchRequest, { sampler, width, height, settings, kind }: PlannedPass) {
    const promptsAt = await guidingPrompts(this.#parts.prompts, request, {
      evaluations: evaluationsOf(request),
      hiresEvaluations: kind === 'hires' ? evaluationsOf(settings) : undefined,
      emptyIsZero: this.#folder.emptyIsZero,
    });
    const cfgScale = request.cfgScale * (sampler.cfgFactor ?? 1);
    return guide(this.#parts.model, {
      promptsAt,
      rescale: request.guidanceRescale,
      usesUnguided: sampler.usesUnguided,
      conditions: { width, height, cfgScale },
    });
  }

  #noiseFor(request: BatchRequest, { width, height }: Size): NoiseSource {
    const { seeds, generator, variationSeeds, variationStrength, seedResizeFrom } = request;
    const size = this.#latentSize({ width, height });
    const resizeFrom = seedResizeFrom && this.#latentSize(seedResizeFrom);
    return createNoiseSource([seeds.length, this.#folder.latentChannels, size.height, size.width], {
      ...{ seeds, generator, variationSeeds, variationStrength, resizeFrom },
    });
  }

  #latentSize({ width, height }: Size): Size {
    const { latentFactor } = this.#folder;
    return { width: Math.floor(width / latentFactor), height: Math.floor(height / latentFactor) };
  }

  async #enlarge(latent: Latent, pass: PlannedPass, { hires }: BatchRequest): Promise<Latent> {
    const { width, height } = this.#latentSize(pass);
    if (hires?.upscaler !== 'Lanczos') return resizeLatent(latent, height, width);
    const enlarged: Latent[] = [];
    for (let i = 0; i < latent.shape[0]; i++) {
      const picture = await this.#parts.decoder.decode(imageOf(latent, i));
      enlarged.push(await this.#encode(await enlarge(picture, pass.width, pass.height), 1));
    }
    return stack(enlarged);
  }

  /** The latent of a picture, repeated for each image of the batch. */
  async #encode(picture: PixelPicture, images: number): Promise<Latent> {
    this.#encoder ??= this.#resources.use(await LatentEncoder.load(this.#folder, this.#settings));
    const latent = await this.#encoder.encode(picture);
    return stack(new Array<Latent>(images).fill(latent));
  }

  async #decode(latent: Latent, { start }: BatchRequest): Promise<PixelPicture[]> {
    const pictures: PixelPicture[] = [];
    for (let i = 0; i < latent.shape[0]; i++) {
      const picture = await this.#parts.decoder.decode(imageOf(latent, i));
      pictures.push(start ? composite(picture, start) : picture);
    }
    return pictures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}
