import { StepsAnimationError } from '../../errors.js';
import { allOrNothing } from '../all-or-nothing.js';
import { imageOf, type Latent, map, stack, zip } from '../latent.js';
import { timestepAt } from '../schedulers/training-sigmas.js';
import type { Conditioning } from '../text/conditioning.js';
import type { SessionSettings } from './devices.js';
import type { ModelFolder } from './model-folder.js';
import { Network, tensorFor } from './onnx.js';

const knownInputs = ['sample', 'timestep', 'encoder_hidden_states', 'text_embeds', 'time_ids', 'timestep_cond'];

/** What the UNet is told beside the latent and the prompts. */
export type Circumstances = {
  /** of the picture that is being made, in pixels: SDXL is told it */
  readonly width: number;
  readonly height: number;
  /** what a distilled model is to be guided by; 1 is no guidance */
  readonly cfgScale: number;
};

/** The UNet, and the noise levels that it was trained on. */
export class NoiseModel implements AsyncDisposable {
  /** of every training timestep, rising */
  readonly sigmas: readonly number[];
  readonly #unet: Network;
  readonly #folder: ModelFolder;

  private constructor(unet: Network, folder: ModelFolder) {
    this.#unet = unet;
    this.#folder = folder;
    this.sigmas = folder.trainingSigmas;
  }

  /** @throws StepsAnimationError `model` when the network cannot be loaded or is of a kind with further inputs */
  static async load(file: string, folder: ModelFolder, settings: SessionSettings): Promise<NoiseModel> {
    return await allOrNothing(async (keep) => {
      const unet = keep(await Network.load(file, settings));
      const unknown = unet.inputNames.filter((name) => !knownInputs.includes(name));
      if (unknown.length === 0) return new NoiseModel(unet, folder);
      throw new StepsAnimationError(
        'model',
        `${file} wants ${unknown.join(', ')} too, which this engine cannot give; use a text-to-image model of the families Stable Diffusion 1, 2 or XL.`,
      );
    });
  }

  /** Whether the model is told the CFG scale instead of being asked twice. */
  get isDistilled(): boolean {
    return this.#unet.inputNames.includes('timestep_cond');
  }

  /** The training timestep of a noise level: with its fraction, but for consistency models the nearest that they know. */
  timestepAt(sigma: number): number {
    const timestep = timestepAt(this.sigmas, sigma);
    const { distilledTimesteps } = this.#folder;
    if (distilledTimesteps === undefined) return timestep;
    const stride = this.sigmas.length / distilledTimesteps;
    return Math.max(Math.round((timestep + 1) / stride), 1) * stride - 1;
  }

  /** The height and width that the network is fixed to, in latent values; undefined where it takes any. */
  get fixedSize(): { readonly height: number; readonly width: number } | undefined {
    const [, , height, width] = this.#unet.input('sample').shape;
    return typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
  }

  /**
   * What the network makes of a latent with noise of standard deviation `sigma`, once for each of the prompts: together
   * where they have the same number of tokens, else one by one, as web UIs do unless told to pad the shorter one.
   */
  async predict(
    latent: Latent,
    sigma: number,
    prompts: readonly Conditioning[],
    circumstances: Circumstances,
  ): Promise<Latent[]> {
    if (new Set(prompts.map(({ hidden }) => hidden.shape[1])).size > 1) {
      const each: Latent[] = [];
      for (const prompt of prompts) each.push(...(await this.predict(latent, sigma, [prompt], circumstances)));
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
      predicted.push(await this.#run(share, this.timestepAt(sigma), circumstances));
    }
    const all = stack(predicted);
    return prompts.map((_, p) => stack(Array.from({ length: images }, (__, i) => imageOf(all, p * images + i))));
  }

  /** How many tokens of a prompt the network takes; undefined for any number: some are exported for one chunk alone. */
  get fixedTokens(): number | undefined {
    const [, tokens] = this.#unet.input('encoder_hidden_states').shape;
    return typeof tokens === 'number' ? tokens : undefined;
  }

  /** Runs the network once. */
  async #run(
    items: readonly { readonly prompt: Conditioning; readonly image: Latent }[],
    timestep: number,
    circumstances: Circumstances,
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
          circumstances,
        ),
        ...this.#guidanceCondition(items.length, circumstances),
      },
      'out_sample',
    );
    return { shape: sample.shape, data };
  }

  #timestep(timestep: number, batch: number) {
    const input = this.#unet.input('timestep');
    const [length] = input.shape;
    const count = length === undefined ? 1 : typeof length === 'number' ? length : batch;
    return tensorFor(input, new Array<number>(count).fill(timestep), length === undefined ? [] : [count]);
  }

  /** Tensors of batch 1, joined into one. */
  #rows(name: string, rows: readonly { readonly data: Float32Array; readonly shape: readonly number[] }[]) {
    const [, ...shape] = rows[0]?.shape ?? [];
    const size = rows[0]?.data.length ?? 0;
    const data = new Float32Array(size * rows.length);
    rows.forEach((row, i) => {
      data.set(row.data, i * size);
    });
    return tensorFor(this.#unet.input(name), data, [rows.length, ...shape]);
  }

  /**
   * Podell et al. 2023, "SDXL", section 2.2: the size of the original picture, where it was cropped, and the size
   * that is wanted; as though the picture had not been scaled nor cropped.
   */
  #sizeConditions(prompts: readonly Conditioning[], { width, height }: Circumstances) {
    if (!this.#unet.inputNames.includes('time_ids')) return {};
    const sizes = Float32Array.of(height, width, 0, 0, height, width);
    return {
      time_ids: this.#rows(
        'time_ids',
        prompts.map(() => ({ data: sizes, shape: [1, sizes.length] })),
      ),
      text_embeds: this.#rows(
        'text_embeds',
        prompts.map(({ pooled }) => pooled ?? { data: new Float32Array(), shape: [1, 0] }),
      ),
    };
  }

  /** Luo et al. 2023, "Latent Consistency Models", section 4.2: the CFG scale as an embedding like that of a timestep. */
  #guidanceCondition(batch: number, { cfgScale }: Circumstances) {
    const { guidanceLength } = this.#folder;
    if (!this.isDistilled || guidanceLength === undefined) return {};
    const half = guidanceLength / 2;
    const angles = Array.from({ length: half }, (_, i) => 1000 * (cfgScale - 1) * 10_000 ** (-i / (half - 1)));
    const data = Float32Array.from([...angles.map(Math.sin), ...angles.map(Math.cos)]);
    const row = { data, shape: [1, guidanceLength] };
    return { timestep_cond: this.#rows('timestep_cond', new Array(batch).fill(row)) };
  }

  /**
   * The clean latent that a prediction stands for: Karras et al. 2022, section 5 (preconditioning), with the scales of
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
