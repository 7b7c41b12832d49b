import { StepsAnimationError } from '../errors.js';
import { imageOf, type Latent, map, stack, zip } from './latent.js';
import type { SchedulerConfig } from './model-folder.js';
import { type FloatTensor, Network, tensorFor } from './onnx.js';
import type { DenoiseBoth } from './samplers/sampler.js';
import { timestepAt, trainingSigmas } from './schedulers/training-sigmas.js';

/** What the prompts have become: hidden states of shape [1, tokens, width] each. */
export type Guidance = {
  readonly positive: FloatTensor;
  readonly negative: FloatTensor;
  /** classifier-free guidance: 1 follows the positive prompt alone, higher goes further away from the negative one */
  readonly cfgScale: number;
};

/** The UNet, and the noise levels that it was trained on. */
export class NoiseModel implements AsyncDisposable {
  /** of every training timestep, rising */
  readonly sigmas: readonly number[];
  readonly #unet: Network;
  readonly #prediction: SchedulerConfig['prediction_type'];

  private constructor(unet: Network, scheduler: SchedulerConfig) {
    this.#unet = unet;
    this.#prediction = scheduler.prediction_type;
    this.sigmas = trainingSigmas({
      betaSchedule: scheduler.beta_schedule,
      betaStart: scheduler.beta_start,
      betaEnd: scheduler.beta_end,
      timesteps: scheduler.num_train_timesteps,
    });
  }

  /** @throws StepsAnimationError `model` when the network cannot be loaded or is of a kind with further inputs */
  static async load(file: string, scheduler: SchedulerConfig): Promise<NoiseModel> {
    const unet = await Network.load(file);
    const known = ['sample', 'timestep', 'encoder_hidden_states'];
    const unknown = unet.inputNames.filter((name) => !known.includes(name));
    if (unknown.length === 0) return new NoiseModel(unet, scheduler);
    throw new StepsAnimationError(
      'model',
      `${file} wants ${unknown.join(', ')} too, which is not supported; use a model like Stable Diffusion 1.`,
    );
  }

  /** The training timestep, with its fraction, of a noise level. */
  timestepAt(sigma: number): number {
    return timestepAt(this.sigmas, sigma);
  }

  /** The height and width that the network is fixed to, in latent values; undefined where it takes any. */
  get fixedSize(): { readonly height: number; readonly width: number } | undefined {
    const [, , height, width] = this.#unet.input('sample').shape;
    return typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
  }

  /**
   * The model as samplers want it: Ho and Salimans 2022, "Classifier-Free Diffusion Guidance", around Karras et
   * al. 2022, section 5 (preconditioning), with the scales of a model trained to predict noise (or velocity:
   * Salimans and Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models").
   */
  guidedBy({ positive, negative, cfgScale }: Guidance): DenoiseBoth {
    return async (latent, sigma) => {
      const deviation = Math.sqrt(sigma ** 2 + 1);
      const scaled = map(latent, (value) => value / deviation);
      const timestep = this.timestepAt(sigma);
      if (cfgScale === 1) {
        const clean = this.#clean(latent, sigma, await this.#predict(scaled, timestep, [positive]));
        return { guided: clean, unguided: clean };
      }
      const both = await this.#predict(stack([scaled, scaled]), timestep, [negative, positive]);
      const guided = zip(half(both, 0), half(both, 1), (away, towards) => away + cfgScale * (towards - away));
      return { guided: this.#clean(latent, sigma, guided), unguided: this.#clean(latent, sigma, half(both, 0)) };
    };
  }

  /** Runs the UNet; the batch is shared out evenly among the prompts. */
  async #predict(latent: Latent, timestep: number, prompts: readonly FloatTensor[]): Promise<Latent> {
    const [batch] = latent.shape;
    const time = this.#unet.input('timestep');
    const times = time.shape.length === 0 ? 1 : typeof time.shape[0] === 'number' ? time.shape[0] : batch;
    const output = await this.#unet.run(
      {
        sample: tensorFor(this.#unet.input('sample'), latent.data, latent.shape),
        timestep: tensorFor(time, new Array<number>(times).fill(timestep), time.shape.length === 0 ? [] : [times]),
        encoder_hidden_states: this.#hiddenStates(prompts, batch),
      },
      'out_sample',
    );
    return { shape: latent.shape, data: output.data };
  }

  #hiddenStates(prompts: readonly FloatTensor[], batch: number) {
    const [, tokens = 0, width = 0] = prompts[0]?.shape ?? [];
    const size = tokens * width;
    const data = new Float32Array(batch * size);
    const perPrompt = batch / prompts.length;
    for (let i = 0; i < batch; i++) data.set(prompts[Math.floor(i / perPrompt)]?.data ?? [], i * size);
    return tensorFor(this.#unet.input('encoder_hidden_states'), data, [batch, tokens, width]);
  }

  /** The clean latent that a prediction stands for. */
  #clean(noisy: Latent, sigma: number, predicted: Latent): Latent {
    switch (this.#prediction) {
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

function half(latent: Latent, index: 0 | 1): Latent {
  const images = latent.shape[0] / 2;
  return stack(Array.from({ length: images }, (_, i) => imageOf(latent, index * images + i)));
}
