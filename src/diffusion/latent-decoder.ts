import { join } from 'node:path';
import type { Latent } from './latent.js';
import { type ModelFolder, readModelFolder } from './model-folder.js';
import { type FloatTensor, Network, type SessionSettings, tensorFor } from './onnx.js';

/** An 8-bit sRGB picture: rows from top to bottom, three bytes a pixel (red, green, blue), no padding. */
export type DecodedPicture = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** The decoder of the model's autoencoder: latents in, pictures out. */
export class LatentDecoder implements AsyncDisposable {
  readonly #network: Network;
  readonly #folder: ModelFolder;

  private constructor(network: Network, folder: ModelFolder) {
    this.#network = network;
    this.#folder = folder;
  }

  /** @throws StepsAnimationError `model` when the folder or its decoder cannot be used */
  static async load(path: string, settings?: SessionSettings): Promise<LatentDecoder> {
    const folder = await readModelFolder(path);
    return new LatentDecoder(await Network.load(join(path, 'vae_decoder', 'model.onnx'), settings), folder);
  }

  /** Decodes a batch of one. */
  async decode(latent: Latent): Promise<DecodedPicture> {
    const { latentScale, latentShift } = this.#folder;
    const [name = 'latent_sample'] = this.#network.inputNames;
    const values = latent.data.map((value) => value / latentScale + latentShift);
    const input = tensorFor(this.#network.input(name), values, latent.shape);
    return toPicture(await this.#network.run({ [name]: input }, 'sample'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** From planes of -1 to 1 to interleaved bytes of 0 to 255. */
function toPicture({ data, shape }: FloatTensor): DecodedPicture {
  const [, , height = 0, width = 0] = shape;
  const area = width * height;
  const bytes = new Uint8ClampedArray(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) bytes[i * 3 + channel] = ((data[channel * area + i] ?? 0) + 1) * 127.5;
  }
  return { width, height, data: new Uint8Array(bytes.buffer) };
}
