import { availableParallelism } from 'node:os';
import type { Inference } from '../../diffusion/inference.js';
import type { Latent } from '../../diffusion/latent.js';
import type { Device } from '../../diffusion/networks/devices.js';
import { type LatentColours, latentToPicture } from '../../diffusion/networks/latent-colours.js';
import type { DecodedStep, DecoderKind, StepDecoder } from '../../diffusion/step-decoder.js';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions } from '../../options/generation-options.js';
import type { Picture } from '../../pictures/picture.js';

/** How a step's latent becomes a picture. */
type PreviewKind = 'full' | 'tae' | 'cheap';

/** The chosen kind, with the picture of the latent that it was measured with, if that is of the kind. */
type Choice = {
  readonly kind: PreviewKind;
  readonly measured?: { readonly latent: Latent; readonly picture: Picture };
};

/** What the steps of a run can be decoded by; every model has a full decoder. */
export type Decoders = {
  readonly decoder: Pick<StepDecoder, 'decode'>;
  readonly hasTiny: boolean;
  readonly colours: LatentColours | undefined;
  readonly inference: Pick<Inference, 'idle'>;
  readonly device: Device;
  /** of each image */
  readonly steps: number;
  /** when it aborts, a decoder that hangs is given up after a short time */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Whether steps can be decoded and encoded beside the sampler without slowing it down. If not, even processes of the
 * lowest priority cost quick steps a tenth of their time or more: those are decoded after the sampling, and `preview`
 * shows them meanwhile.
 */
const hasSpareCores = availableParallelism() > 2;
/** Slower steps are hardly affected, and too many of them would be lost if the process is killed. */
const quickStepMs = 200;

/** Decoding a step may cost this share of the time that the step took … */
const maxShareOfStep = 0.1;
/**
 * … or, on a CPU, where it does not delay the sampler, this time for all steps of an image: enough for a small model to
 * be decoded in full, however busy the machine is.
 */
const maxImageMs = 10_000;

/** Makes pictures of a run's steps, by the decoder that was asked for, or by the best that costs little. */
export class StepPictures implements Disposable {
  readonly #wanted: GenerationOptions['preview'];
  readonly #decoders: Decoders;
  #chosen: Promise<Choice> | undefined;
  #stepMs = Number.POSITIVE_INFINITY;
  #note: string | undefined;
  #isClosed = false;

  /** @throws StepsAnimationError `usage` if the model lacks the decoder that was asked for */
  constructor(wanted: GenerationOptions['preview'], decoders: Decoders) {
    this.#wanted = wanted;
    this.#decoders = decoders;
    requirePreview(wanted, decoders);
  }

  /** Takes in how long a step took; the quickest one counts. */
  addStepTime(milliseconds: number): void {
    this.#stepMs = Math.min(this.#stepMs, milliseconds);
  }

  /**
   * The picture of a latent of one image.
   * @throws StepsAnimationError `usage` when the run has ended, `model` when it cannot be decoded
   */
  async picture(latent: Latent): Promise<Picture> {
    if (this.#isClosed) throw new StepsAnimationError('usage', 'A step can be decoded only until its run has ended.');
    const { colours, inference } = this.#decoders;
    if (!hasSpareCores && this.#stepMs < quickStepMs) await inference.idle();
    this.#chosen ??= this.#wanted === 'auto' ? this.#choose(latent) : Promise.resolve({ kind: this.#wanted });
    const { kind, measured } = await this.#chosen;
    if (measured?.latent === latent) return measured.picture;
    if (kind === 'cheap' && colours) return latentToPicture(latent, colours);
    return (await this.#decode(latent, kind === 'tae' ? 'tiny' : 'full')).picture;
  }

  /** The rough colours of a latent of one image, if the model has them. */
  preview(latent: Latent): { readonly preview?: () => Picture } {
    const { colours } = this.#decoders;
    return colours ? { preview: () => latentToPicture(latent, colours) } : {};
  }

  async #choose(latent: Latent): Promise<Choice> {
    const { hasTiny, colours } = this.#decoders;
    if (!hasTiny && !colours) return { kind: 'full' };
    const full = await this.#measure(latent, 'full');
    if (this.#isCheap(full.milliseconds)) return { kind: 'full', measured: { latent, picture: full.picture } };
    const tiny = hasTiny ? await this.#measure(latent, 'tiny') : undefined;
    const isTiny = tiny !== undefined && (!colours || this.#isCheap(tiny.milliseconds));
    const shown = isTiny ? 'by the tiny decoder' : 'by their rough colours';
    const costs = `decoding one takes ${Math.round(full.milliseconds)} ms, a step ${Math.round(this.#stepMs)} ms`;
    this.#note = `The steps are shown ${shown}, because ${costs}; --preview full decodes them all.`;
    return isTiny ? { kind: 'tae', measured: { latent, picture: tiny.picture } } : { kind: 'cheap' };
  }

  /** Decodes a latent, and again if it took long only because it may have been the first time. */
  async #measure(latent: Latent, kind: DecoderKind): Promise<DecodedStep> {
    const first = await this.#decode(latent, kind);
    const mayBeCheap = !this.#isCheap(first.milliseconds) && this.#isCheap(first.milliseconds / 4);
    return mayBeCheap ? await this.#decode(latent, kind) : first;
  }

  async #decode(latent: Latent, kind: DecoderKind): Promise<DecodedStep> {
    return await this.#decoders.decoder.decode(latent, kind, this.#decoders.signal);
  }

  #isCheap(milliseconds: number): boolean {
    const { device, steps } = this.#decoders;
    const isBeside = device === 'cpu' && milliseconds * steps < maxImageMs;
    return isBeside || milliseconds < maxShareOfStep * this.#stepMs;
  }

  /** What was chosen, if the user should know; waits for a choice that is being made. */
  async note(): Promise<string | undefined> {
    await this.#chosen?.catch(() => {});
    return this.#note;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
  }
}

/** @throws StepsAnimationError `usage` if the model lacks the decoder that was asked for */
export function requirePreview(
  wanted: GenerationOptions['preview'],
  { hasTiny, colours }: Pick<Decoders, 'hasTiny' | 'colours'>,
): void {
  if (wanted === 'tae' && !hasTiny) {
    throw new StepsAnimationError(
      'usage',
      'The model has no tiny decoder for --preview tae; put one into its folder as taesd/model.onnx (docs/models.md), or choose full, cheap or auto.',
    );
  }
  if (wanted === 'cheap' && !colours) {
    throw new StepsAnimationError(
      'usage',
      'The model has no colours for its latents, which --preview cheap needs; choose full, tae or auto.',
    );
  }
}
