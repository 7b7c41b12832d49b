import { StepsAnimationError } from '../../errors.js';
import { AsyncDisposableStack } from '../../util/async-disposable-stack.js';
import { imageOf, type Latent, map, stack, zip } from '../latent.js';
import type { Conditioning } from '../prompts/conditioning.js';
import { timestepAt } from '../schedulers/training-sigmas.js';
import type { SessionSettings } from './devices.js';
import type { ModelFolder } from './model-folder.js';
import { Network, tensorFor } from './onnx.js';

const knownInputs = ['sample', 'timestep', 'encoder_hidden_states', 'text_embeds', 'time_ids', 'timestep_cond'];

/** Conditions of the UNet in addition to the latent and the prompts. */
export type AddedConditions = {
  /** Size of the picture in pixels: SDXL's micro-conditioning. */
  readonly width: number;
  readonly height: number;
  /** An input of models that were distilled with guidance; 1: no guidance. */
  readonly cfgScale: number;
};

/** The UNet, and the noise levels that it was trained on. */
export class NoiseModel implements AsyncDisposable {
  /** Noise levels of all training timesteps, rising. */
  readonly sigmas: readonly number[];
  readonly #unet: Network;
  readonly #folder: ModelFolder;

  private constructor(unet: Network, folder: ModelFolder) {
    this.#unet = unet;
    this.#folder = folder;
    this.sigmas = folder.trainingSigmas;
  }

  /** @throws StepsAnimationError `model` when the network cannot be loaded or has unknown inputs */
  static async load(file: string, folder: ModelFolder, settings: SessionSettings): Promise<NoiseModel> {
    await using loaded = new AsyncDisposableStack();
    const unet = loaded.use(await Network.load(file, settings));
    const unknown = unet.inputNames.filter((name) => !knownInputs.includes(name));
    if (unknown.length > 0) {
      throw new StepsAnimationError(
        'model',
        `${file} has the inputs ${unknown.join(', ')}, which this engine does not support; use a text-to-image model of the families Stable Diffusion 1, 2 or XL.`,
      );
    }
    loaded.move();
    return new NoiseModel(unet, folder);
  }

  /** Whether the CFG scale is an input of the model, which then runs once instead of twice. */
  get isDistilled(): boolean {
    return this.#unet.inputNames.includes('timestep_cond');
  }

  /** The training timestep of a noise level, with its fraction; for consistency models the nearest distilled one. */
  timestepAt(sigma: number): number {
    const timestep = timestepAt(this.sigmas, sigma);
    const { distilledTimesteps } = this.#folder;
    if (distilledTimesteps === undefined) return timestep;
    const stride = this.sigmas.length / distilledTimesteps;
    return Math.max(Math.round((timestep + 1) / stride), 1) * stride - 1;
  }

  /** The only size that the network takes, in latent values; undefined if it takes any. */
  get fixedSize(): { readonly height: number; readonly width: number } | undefined {
    const [, , height, width] = this.#unet.input('sample').shape;
    return typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
  }

  /**
   * Runs the network for each of the prompts: in one batch if they have the same number of tokens, else one by one, as
   * web UIs do by default.
   * @param latent with noise of standard deviation `sigma`
   * @returns the predictions, of the kind that the model was trained for, in the order of the prompts
   */
  async predict(
    latent: Latent,
    sigma: number,
    prompts: readonly Conditioning[],
    conditions: AddedConditions,
  ): Promise<Latent[]> {
    if (new Set(prompts.map(({ hidden }) => hidden.shape[1])).size > 1) {
      const each: Latent[] = [];
      for (const prompt of prompts) each.push(...(await this.predict(latent, sigma, [prompt], conditions)));
      return each;
    }
    const deviation = Math.sqrt(sigma ** 2 + 1);
    const scaled = map(latent, (value) => value / deviation);
    const [images] = latent.shape;
    const items = prompts.flatMap((prompt) =>
      Array.from({ length: images }, (_, i) => ({ prompt, image: imageOf(scaled, i) })),
    );
    const [fixedBatch] = this.#unet.input('sample').shape;
    const batch = typeof fixedBatch === 'number' ? fixedBatch : items.length;
    const predicted: Latent[] = [];
    for (let first = 0; first < items.length; first += batch) {
      const share = items.slice(first, first + batch);
      const [last] = share.slice(-1);
      while (last && share.length < batch) share.push(last);
      predicted.push(await this.#run(share, this.timestepAt(sigma), conditions));
    }
    const all = stack(predicted);
    return prompts.map((_, p) => stack(Array.from({ length: images }, (__, i) => imageOf(all, p * images + i))));
  }

  /** The only number of tokens that the network takes: some are exported for one chunk; undefined if it takes any. */
  get fixedTokens(): number | undefined {
    const [, tokens] = this.#unet.input('encoder_hidden_states').shape;
    return typeof tokens === 'number' ? tokens : undefined;
  }

  /** Runs the network once. */
  async #run(
    items: readonly { readonly prompt: Conditioning; readonly image: Latent }[],
    timestep: number,
    conditions: AddedConditions,
  ): Promise<Latent> {
    const sample = stack(items.map(({ image }) => image));
    const { data } = await this.#unet.run(
      {
        sample: tensorFor(this.#unet.input('sample'), sample.data, sample.shape),
        timestep: this.#timestep(timestep, items.length),
        encoder_hidden_states: this.#rows(
          'encoder_hidden_states',
          items.map(({ prompt }) => prompt.hidden),
        ),
        ...this.#sizeConditions(
          items.map(({ prompt }) => prompt),
          conditions,
        ),
        ...this.#guidanceCondition(items.length, conditions),
      },
      { name: 'out_sample', shape: sample.shape },
    );
    return { shape: sample.shape, data };
  }

  #timestep(timestep: number, batch: number) {
    const input = this.#unet.input('timestep');
    const [length] = input.shape;
    const count = length === undefined ? 1 : typeof length === 'number' ? length : batch;
    return tensorFor(input, new Array<number>(count).fill(timestep), length === undefined ? [] : [count]);
  }

  /** Joins tensors of batch 1. */
  #rows(name: string, rows: readonly { readonly data: Float32Array; readonly shape: readonly number[] }[]) {
    const [, ...shape] = rows[0]?.shape ?? [];
    const size = shape.reduce((product, length) => product * length, 1);
    const data = new Float32Array(size * rows.length);
    rows.forEach((row, i) => {
      data.set(row.data, i * size);
    });
    return tensorFor(this.#unet.input(name), data, [rows.length, ...shape]);
  }

  /**
   * Podell et al. 2023, "SDXL", section 2.2: the original size of the picture, where it was cropped, and its target size;
   * as if it were neither scaled nor cropped.
   */
  #sizeConditions(prompts: readonly Conditioning[], { width, height }: AddedConditions) {
    if (!this.#unet.inputNames.includes('time_ids')) return {};
    const sizes = Float32Array.of(height, width, 0, 0, height, width);
    return {
      time_ids: this.#rows(
        'time_ids',
        prompts.map(() => ({ data: sizes, shape: [1, sizes.length] })),
      ),
      text_embeds: this.#rows(
        'text_embeds',
        prompts.map(({ pooled }) => pooled ?? this.#missing('text_encoder_2 has no output text_embeds')),
      ),
    };
  }

  /** Luo et al. 2023, "Latent Consistency Models", section 4.2: the CFG scale, embedded like a timestep. */
  #guidanceCondition(batch: number, { cfgScale }: AddedConditions) {
    const { guidanceLength } = this.#folder;
    if (!this.isDistilled) return {};
    if (guidanceLength === undefined) return this.#missing('unet/config.json has no time_cond_proj_dim');
    const half = guidanceLength / 2;
    const angles = Array.from({ length: half }, (_, i) => 1000 * (cfgScale - 1) * 10_000 ** (-i / (half - 1)));
    const data = Float32Array.from([...angles.map(Math.sin), ...angles.map(Math.cos)]);
    const row = { data, shape: [1, guidanceLength] };
    return { timestep_cond: this.#rows('timestep_cond', new Array(batch).fill(row)) };
  }

  #missing(what: string): never {
    const { path } = this.#folder;
    throw new StepsAnimationError('model', `In the model ${path}, ${what}: export the model again.`);
  }

  /**
   * The clean latent for a prediction: Karras et al. 2022, section 5 (preconditioning), with the scales of
   * a model trained to predict noise, the clean latent, or velocity (Salimans and Ho 2022, "Progressive Distillation
   * for Fast Sampling of Diffusion Models").
   */
  clean(noisy: Latent, sigma: number, predicted: Latent): Latent {
    switch (this.#folder.prediction) {
      case 'epsilon':
        return zip(noisy, predicted, (value, noise) => value - sigma * noise);
      case 'v_prediction': {
        const variance = sigma ** 2 + 1;
        const share = sigma / Math.sqrt(variance);
        return zip(noisy, predicted, (value, velocity) => value / variance - share * velocity);
      }
      case 'sample':
        return predicted;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unet[Symbol.asyncDispose]();
  }
}
