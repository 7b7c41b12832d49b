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

/** What was chosen, with the picture of the latent that it was measured with, where that is made so. */
type Choice = {
  readonly kind: PreviewKind;
  readonly measured?: { readonly latent: Latent; readonly picture: Picture };
};

/** What a run's steps can be decoded by; every model has a full decoder. */
export type PreviewMeans = {
  readonly decoder: Pick<StepDecoder, 'decode'>;
  readonly hasTiny: boolean;
  readonly colours: LatentColours | undefined;
  readonly inference: Pick<Inference, 'idle'>;
  readonly device: Device;
  /** steps that each image has */
  readonly steps: number;
};

/**
 * Whether steps can become pictures, and those a movie, while others are sampled without slowing the sampler down.
 * Where not, even processes of the lowest priority cost quick steps a tenth of their time or more: their pictures come
 * afterwards, and whoever wants to watch asks for `preview`.
 */
const coresToSpare = availableParallelism() > 2;
/** Milliseconds; slower steps hardly notice, and many of them are too much to lose if the process is killed. */
const quickStep = 200;

/** Decoding a step may cost this share of the time that the step took … */
const mostOfStep = 0.1;
/**
 * … or, on a CPU, where it takes nothing from the sampler, so many milliseconds for all steps of an image: many enough
 * that a small model is always decoded in full, however busy the machine is.
 */
const mostOfImage = 10_000;

/** Makes pictures of a run's steps, by what was asked for, or by the best that costs little. */
export class StepPictures {
  readonly #wanted: GenerationOptions['preview'];
  readonly #means: PreviewMeans;
  #chosen: Promise<Choice> | undefined;
  #stepMilliseconds = Number.POSITIVE_INFINITY;
  #note: string | undefined;
  #isClosed = false;

  /** @throws StepsAnimationError `usage` when the model has no means for what was asked for */
  constructor(wanted: GenerationOptions['preview'], means: PreviewMeans) {
    this.#wanted = wanted;
    this.#means = means;
    requirePreview(wanted, means);
  }

  /** Told of each step: the quickest one counts. */
  took(milliseconds: number): void {
    this.#stepMilliseconds = Math.min(this.#stepMilliseconds, milliseconds);
  }

  /**
   * The picture of a batch of one.
   * @throws StepsAnimationError `usage` when the run has ended, `model` when it cannot be decoded
   */
  async picture(latent: Latent): Promise<Picture> {
    if (this.#isClosed) throw new StepsAnimationError('usage', 'A step can be decoded only until its run has ended.');
    const { colours, inference } = this.#means;
    if (!coresToSpare && this.#stepMilliseconds < quickStep) await inference.idle();
    this.#chosen ??= this.#wanted === 'auto' ? this.#choose(latent) : Promise.resolve({ kind: this.#wanted });
    const { kind, measured } = await this.#chosen;
    if (measured?.latent === latent) return measured.picture;
    if (kind === 'cheap' && colours) return latentToPicture(latent, colours);
    return (await this.#means.decoder.decode(latent, kind === 'tae' ? 'tiny' : 'full')).picture;
  }

  /** The rough colours of a batch of one, where they are known. */
  preview(latent: Latent): { readonly preview?: () => Picture } {
    const { colours } = this.#means;
    return colours ? { preview: () => latentToPicture(latent, colours) } : {};
  }

  async #choose(latent: Latent): Promise<Choice> {
    const { hasTiny, colours } = this.#means;
    if (!hasTiny && !colours) return { kind: 'full' };
    const full = await this.#measure(latent, 'full');
    if (this.#isCheap(full.milliseconds)) return { kind: 'full', measured: { latent, picture: full.picture } };
    const tiny = hasTiny ? await this.#measure(latent, 'tiny') : undefined;
    const isTiny = tiny !== undefined && (!colours || this.#isCheap(tiny.milliseconds));
    const shown = isTiny ? 'by the tiny decoder' : 'by their rough colours';
    const costs = `decoding one takes ${Math.round(full.milliseconds)} ms, a step ${Math.round(this.#stepMilliseconds)} ms`;
    this.#note = `The steps are shown ${shown}, because ${costs}; --preview full decodes them all.`;
    return isTiny ? { kind: 'tae', measured: { latent, picture: tiny.picture } } : { kind: 'cheap' };
  }

  /** Decodes a latent; once more where it took long and that may be due to the first time alone. */
  async #measure(latent: Latent, kind: DecoderKind): Promise<DecodedStep> {
    const first = await this.#means.decoder.decode(latent, kind);
    const mayBeCheap = !this.#isCheap(first.milliseconds) && this.#isCheap(first.milliseconds / 4);
    return mayBeCheap ? await this.#means.decoder.decode(latent, kind) : first;
  }

  #isCheap(milliseconds: number): boolean {
    const { device, steps } = this.#means;
    const isBeside = device === 'cpu' && milliseconds * steps < mostOfImage;
    return isBeside || milliseconds < mostOfStep * this.#stepMilliseconds;
  }

  /** What was chosen, if a person should know; waits for a choice that is being made. */
  async note(): Promise<string | undefined> {
    await this.#chosen?.catch(() => {});
    return this.#note;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** @throws StepsAnimationError `usage` when a model has no means for the previews that are wanted */
export function requirePreview(
  wanted: GenerationOptions['preview'],
  { hasTiny, colours }: Pick<PreviewMeans, 'hasTiny' | 'colours'>,
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
      'For this model nothing tells how its latents become colours, which --preview cheap needs; choose full, tae or auto.',
    );
  }
}
