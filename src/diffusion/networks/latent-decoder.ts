import { join } from 'node:path';
import type { PixelPicture } from '../batch-request.js';
import type { Latent } from '../latent.js';
import type { SessionSettings } from './devices.js';
import type { ModelFolder } from './model-folder.js';
import { type FloatTensor, Network, tensorFor } from './onnx.js';

/** The decoder of the model's autoencoder, or of a tiny one: latents in, pictures out. */
export class LatentDecoder implements AsyncDisposable {
  readonly #network: Network;
  readonly #scale: number;
  readonly #shift: number;

  private constructor(network: Network, scale: number, shift: number) {
    this.#network = network;
    this.#scale = scale;
    this.#shift = shift;
  }

  /** @throws StepsAnimationError `model` when the decoder cannot be used */
  static async load(
    { path, latentScale, latentShift }: ModelFolder,
    settings: SessionSettings,
  ): Promise<LatentDecoder> {
    const network = await Network.load(join(path, 'vae_decoder', 'model.onnx'), settings);
    return new LatentDecoder(network, latentScale, latentShift);
  }

  /**
   * The decoder of a tiny autoencoder (https://github.com/madebyollin/taesd), which takes latents as they are. Pictures
   * are from -1 to 1, as those of diffusers' `AutoencoderTiny` are.
   * @throws StepsAnimationError `model` when the decoder cannot be used
   */
  static async loadTiny(file: string, settings: SessionSettings): Promise<LatentDecoder> {
    return new LatentDecoder(await Network.load(file, settings), 1, 0);
  }

  /** Decodes a batch of one. */
  async decode(latent: Latent): Promise<PixelPicture> {
    const [name = 'latent_sample'] = this.#network.inputNames;
    const values = latent.data.map((value) => value / this.#scale + this.#shift);
    const input = tensorFor(this.#network.input(name), values, latent.shape);
    return toPicture(await this.#network.run({ [name]: input }, 'sample'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** From planes of -1 to 1 to interleaved bytes of 0 to 255. */
function toPicture({ data, shape }: FloatTensor): PixelPicture {
  const [, , height = 0, width = 0] = shape;
  const area = width * height;
  const bytes = new Uint8ClampedArray(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) bytes[i * 3 + channel] = ((data[channel * area + i] ?? 0) + 1) * 127.5;
  }
  return { width, height, data: new Uint8Array(bytes.buffer) };
}
