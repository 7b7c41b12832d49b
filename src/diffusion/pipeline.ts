import { join } from 'node:path';
import { allOrNothing } from './all-or-nothing.js';
import type { BatchRequest, PixelPicture, Size } from './batch-request.js';
import { composite, inpaint, latentMaskOf } from './inpainting.js';
import { imageOf, type Latent, type LatentShape, stack, zip } from './latent.js';
import { findSampler } from './names.js';
import type { SessionSettings } from './networks/devices.js';
import { guide } from './networks/guidance.js';
import { LatentDecoder } from './networks/latent-decoder.js';
import { LatentEncoder } from './networks/latent-encoder.js';
import { type ModelFolder, readModelFolder } from './networks/model-folder.js';
import { NoiseModel } from './networks/noise-model.js';
import { createBrownianNoise } from './noise/brownian.js';
import { createNoiseSource, type NoiseSource } from './noise/noise.js';
import { type PlannedPass, planPasses } from './passes.js';
import type { SamplerRow } from './samplers/index.js';
import { initialLatent } from './samplers/initial-latent.js';
import type { SamplerStep, Sampling } from './samplers/sampler.js';
import { PromptEncoder } from './text/prompt-encoder.js';
import { guidingPrompts } from './text/prompt-schedule.js';
import { enlarge, resizeLatent } from './upscaling.js';

/** One step of one of the passes of a batch. */
export type PassStep = SamplerStep & {
  /** 0 for the base pass, 1 for the hires pass */
  readonly pass: number;
};

/** How a batch ended: with no pictures when it was stopped before its first step. */
export type FinishedBatch = {
  readonly pictures: readonly PixelPicture[];
  readonly reason: 'finished' | 'interrupted';
};

type Parts = {
  readonly prompts: PromptEncoder;
  readonly model: NoiseModel;
  readonly decoder: LatentDecoder;
};

/** The networks of a model, loaded and joined. */
export class Pipeline implements AsyncDisposable {
  readonly #folder: ModelFolder;
  readonly #settings: SessionSettings;
  readonly #parts: Parts;
  #encoder: LatentEncoder | undefined;

  private constructor(folder: ModelFolder, settings: SessionSettings, parts: Parts) {
    this.#folder = folder;
    this.#settings = settings;
    this.#parts = parts;
  }

  /** @throws StepsAnimationError `model` when the folder is incomplete or of a kind that cannot run */
  static async load(path: string, settings: SessionSettings): Promise<Pipeline> {
    const folder = await readModelFolder(path);
    return await allOrNothing(async (keep) => {
      const model = keep(await NoiseModel.load(join(path, 'unet', 'model.onnx'), folder, settings));
      const prompts = keep(await PromptEncoder.load(folder, settings, model.fixedTokens));
      const decoder = keep(await LatentDecoder.load(folder, settings));
      return new Pipeline(folder, settings, { prompts, model, decoder });
    });
  }

  /** The only size in pixels that the model can make; undefined where it takes any multiple of its `sizeUnit`. */
  get fixedSize(): Size | undefined {
    const { latentFactor } = this.#folder;
    const fixed = this.#parts.model.fixedSize;
    return fixed && { width: fixed.width * latentFactor, height: fixed.height * latentFactor };
  }

  /** How many tokens of a prompt the model reads, if there is a limit, counted with those that mark start and end. */
  get fixedTokens(): number | undefined {
    return this.#parts.model.fixedTokens;
  }

  /**
   * Makes one batch: yields every step, returns the pictures. When `signal` aborts, the step at hand is the
   * last, and its denoised latents become the pictures.
   * @throws StepsAnimationError `usage` for samplers and schedulers that there are not
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

  /** Runs one pass from noise, or from a latent with noise. */
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
    const sampling: Sampling = {
      denoise: async (noisy, sigma) => (await denoiseBoth(noisy, sigma)).guided,
      denoiseBoth,
      timestepAt: (sigma) => this.#parts.model.timestepAt(sigma),
      ...{ latent, sigmas, noise },
      brownian: createBrownianNoise(latent.shape, {
        seeds: request.seeds,
        generator: request.generator,
        lowestSigma: pass.lowestSigma,
        highestSigma: pass.highestSigma,
      }),
      ...samplingOptions(pass),
    };
    return yield* sampler.sample(sampling);
  }

  async #guide(request: BatchRequest, { sampler, width, height, settings, kind }: PlannedPass) {
    const promptsAt = await guidingPrompts(this.#parts.prompts, request, {
      evaluations: evaluationsOf(findSampler(request.sampler), request.steps),
      hiresEvaluations: kind === 'hires' ? evaluationsOf(sampler, settings.steps) : undefined,
      emptyIsZero: this.#folder.emptyIsZero,
    });
    const cfgScale = request.cfgScale * (sampler.cfgFactor ?? 1);
    return guide(this.#parts.model, {
      promptsAt,
      rescale: request.guidanceRescale,
      usesUnguided: sampler.usesUnguided,
      circumstances: { width, height, cfgScale },
    });
  }

  #noiseFor(request: BatchRequest, { width, height }: Size): NoiseSource {
    const { seeds, generator, variationSeeds, variationStrength, seedResizeFrom } = request;
    const resizeFrom = seedResizeFrom && this.#latentSize(seedResizeFrom);
    return createNoiseSource(this.#shapeOf(seeds.length, { width, height }), {
      ...{ seeds, generator, variationSeeds, variationStrength },
      ...(resizeFrom ? { resizeFrom } : {}),
    });
  }

  #shapeOf(images: number, size: Size): LatentShape {
    const { width, height } = this.#latentSize(size);
    return [images, this.#folder.latentChannels, height, width];
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

  /** The latent of a picture, as often as there are images in the batch. */
  async #encode(picture: PixelPicture, images: number): Promise<Latent> {
    this.#encoder ??= await LatentEncoder.load(this.#folder, this.#settings);
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
    const { prompts, model, decoder } = this.#parts;
    for (const part of [prompts, model, decoder, this.#encoder]) await part?.[Symbol.asyncDispose]();
  }
}

/** How often a sampler asks the model, as web UIs count it for the edits of prompts. */
function evaluationsOf({ secondOrder }: SamplerRow, steps: number): number {
  return secondOrder ? steps * 2 : steps;
}

/** What a sampler is told beside the latents; what is left out is the sampler's own. */
function samplingOptions({ settings }: PlannedPass) {
  const { eta, churn, churnFrom, churnTo, noiseScale } = settings;
  const options = { eta, churn, churnFrom, churnTo, noiseScale };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
