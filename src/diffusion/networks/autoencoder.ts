import { join } from 'node:path';
import { StepsAnimationError } from '../../errors.js';
import type { PixelPicture } from '../batch-request.js';
import type { Latent } from '../latent.js';
import type { SessionSettings } from './devices.js';
import type { ModelFolder } from './model-folder.js';
import { type FloatTensor, Network, tensorFor } from './onnx.js';

/** The encoder of the model's autoencoder (VAE): pictures to latents. */
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

  /**
   * Encodes a picture.
   * @param picture whose sides are multiples of the latent factor
   * @returns a batch of one: the mean of the encoded distribution
   */
  async encode({ width, height, data }: PixelPicture): Promise<Latent> {
    const { latentFactor, latentChannels, latentScale, latentShift } = this.#folder;
    const [name = 'sample'] = this.#network.inputNames;
    const input = tensorFor(this.#network.input(name), planesOf(data, width * height), [1, 3, height, width]);
    const [rows, columns] = [height / latentFactor, width / latentFactor];
    // If the encoder returns the parameters of a distribution, the means come first, then as many variances.
    const { data: values } = await this.#network.run(
      { [name]: input },
      { name: 'latent_sample', shape: [1, [latentChannels, latentChannels * 2], rows, columns] },
    );
    const shape = [1, latentChannels, rows, columns] as const;
    const means = values.subarray(0, latentChannels * rows * columns);
    return { shape, data: means.map((value) => (value - latentShift) * latentScale) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** The decoder of the model's autoencoder (VAE), or of a tiny one: latents to pictures. */
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
   * The decoder of a tiny autoencoder (TAESD, by Ollin Boer Bohan), which takes latents without scaling. Its pictures
   * range from -1 to 1, as those of diffusers' `AutoencoderTiny`.
   * @throws StepsAnimationError `model` when the decoder cannot be used
   */
  static async loadTiny(file: string, settings: SessionSettings): Promise<LatentDecoder> {
    return new LatentDecoder(await Network.load(file, settings), 1, 0);
  }

  /** @param latent a batch of one */
  async decode(latent: Latent): Promise<PixelPicture> {
    const [name = 'latent_sample'] = this.#network.inputNames;
    const values = latent.data.map((value) => value / this.#scale + this.#shift);
    const input = tensorFor(this.#network.input(name), values, latent.shape);
    return toPicture(await this.#network.run({ [name]: input }, { name: 'sample', shape: [1, 3, null, null] }));
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
