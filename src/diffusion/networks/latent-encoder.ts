import { StepsAnimationError } from '../../errors.js';
import type { PixelPicture } from '../batch-request.js';
import type { Latent } from '../latent.js';
import type { SessionSettings } from './devices.js';
import type { ModelFolder } from './model-folder.js';
import { Network, tensorFor } from './onnx.js';

/** The encoder of the model's autoencoder: pictures in, latents out. */
export class LatentEncoder implements AsyncDisposable {
  readonly #network: Network;
  readonly #folder: ModelFolder;

  private constructor(network: Network, folder: ModelFolder) {
    this.#network = network;
    this.#folder = folder;
  }

  /** @throws StepsAnimationError `model` when the model has no encoder, or one that cannot be used */
  static async load(folder: ModelFolder, settings: SessionSettings): Promise<LatentEncoder> {
    if (folder.encoder) return new LatentEncoder(await Network.load(folder.encoder, settings), folder);
    throw new StepsAnimationError(
      'model',
      `The model ${folder.name} has no vae_encoder, which starting from a picture needs; use txt2img, or export the model again.`,
    );
  }

  /** Encodes a picture whose sides are multiples of the latent factor, as a batch of one: the mean of its latents. */
  async encode({ width, height, data }: PixelPicture): Promise<Latent> {
    const { latentFactor, latentChannels, latentScale, latentShift } = this.#folder;
    const [name = 'sample'] = this.#network.inputNames;
    const input = tensorFor(this.#network.input(name), planesOf(data, width * height), [1, 3, height, width]);
    const shape = [1, latentChannels, height / latentFactor, width / latentFactor] as const;
    // Where the encoder gives the parameters of a distribution, its means come first.
    const { data: values } = await this.#network.run({ [name]: input }, 'latent_sample');
    const means = values.subarray(
      0,
      shape.reduce((product, length) => product * length, 1),
    );
    return { shape, data: means.map((value) => (value - latentShift) * latentScale) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** From interleaved bytes of 0 to 255 to planes of -1 to 1. */
function planesOf(bytes: Uint8Array, area: number): Float32Array {
  const planes = new Float32Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) planes[channel * area + i] = (bytes[i * 3 + channel] ?? 0) / 127.5 - 1;
  }
  return planes;
}
