import { availableParallelism } from 'node:os';
import type { Picture } from '../animation/picture.js';
import type { Device } from '../diffusion/devices.js';
import type { Latent } from '../diffusion/latent.js';
import { type LatentColours, latentToPicture } from '../diffusion/latent-colours.js';
import type { DecoderKind, StepDecoder } from '../diffusion/step-decoder.js';
import { StepsAnimationError } from '../errors.js';
import type { GenerationOptions } from './generation-options.js';

/** How a step's latent becomes a picture. */
export type PreviewKind = 'full' | 'tae' | 'cheap';

/** What there is for a model, the best first; every model has `full`. */
export type PreviewMeans = {
  readonly decoder: Pick<StepDecoder, 'decode'>;
  readonly hasTiny: boolean;
  readonly colours: LatentColours | undefined;
};

/** What the choice depends on. */
export type PreviewCosts = {
  readonly device: Device;
  /** pictures that the whole run has */
  readonly pictures: number;
  /** how long a step took, in milliseconds, once one is known */
  readonly stepMilliseconds: () => number;
};

/** A step's picture may cost this share of the step … */
const mostOfStep = 0.1;
/** … and where sampling leaves the processor to it, or it waits for the end of sampling, all may take so long together. */
const mostAltogether = 3000;

/** Makes pictures of a run's steps, by the means that were asked for, or by the best that cost little. */
export class StepPictures {
  readonly #means: PreviewMeans;
  readonly #costs: PreviewCosts;
  readonly #tell: (message: string) => void;
  readonly #wanted: GenerationOptions['preview'];
  #chosen: Promise<PreviewKind> | undefined;

  /**
   * @param tell told what was chosen, where that was left open
   * @throws StepsAnimationError `usage` when the model has no means for what was asked for
   */
  constructor(
    wanted: GenerationOptions['preview'],
    means: PreviewMeans,
    costs: PreviewCosts,
    tell: (message: string) => void,
  ) {
    if (wanted === 'tae' && !means.hasTiny) {
      throw new StepsAnimationError(
        'usage',
        'The model has no tiny decoder for --preview tae; put one into its folder as taesd/model.onnx (docs/models.md), or choose full, cheap or auto.',
      );
    }
    if (wanted === 'cheap' && !means.colours) {
      throw new StepsAnimationError(
        'usage',
        'For this model nothing tells how its latents become colours, which --preview cheap needs; choose full, tae or auto.',
      );
    }
    this.#wanted = wanted;
    this.#means = means;
    this.#costs = costs;
    this.#tell = tell;
  }

  /** The picture of a batch of one. */
  async picture(latent: Latent): Promise<Picture> {
    const { decoder, colours } = this.#means;
    this.#chosen ??= this.#wanted === 'auto' ? this.#choose(latent) : Promise.resolve(this.#wanted);
    const kind = await this.#chosen;
    if (kind === 'cheap' && colours) return latentToPicture(latent, colours);
    return (await decoder.decode(latent, kind === 'tae' ? 'tiny' : 'full')).picture;
  }

  async #choose(latent: Latent): Promise<PreviewKind> {
    const { hasTiny, colours } = this.#means;
    if (!hasTiny && !colours) return 'full';
    const full = await this.#measure(latent, 'full');
    if (this.#isCheap(full)) return this.#chose('full', full);
    if (!hasTiny) return this.#chose('cheap', full);
    const tiny = await this.#measure(latent, 'tiny');
    return this.#isCheap(tiny) || !colours ? this.#chose('tae', tiny) : this.#chose('cheap', full);
  }

  /** Milliseconds of the second decoding: the first one prepares memory. */
  async #measure(latent: Latent, kind: DecoderKind): Promise<number> {
    const { decoder } = this.#means;
    const first = await decoder.decode(latent, kind);
    if (!this.#isNear(first.milliseconds)) return first.milliseconds;
    return (await decoder.decode(latent, kind)).milliseconds;
  }

  /** Whether another measurement may decide otherwise. */
  #isNear(milliseconds: number): boolean {
    return !this.#isCheap(milliseconds) && this.#isCheap(milliseconds / 4);
  }

  #isCheap(milliseconds: number): boolean {
    const { device, pictures, stepMilliseconds } = this.#costs;
    const isBeside = device === 'cpu' && milliseconds * pictures < mostAltogether;
    return isBeside || milliseconds < mostOfStep * stepMilliseconds();
  }

  #chose(kind: PreviewKind, milliseconds: number): PreviewKind {
    const step = Math.round(this.#costs.stepMilliseconds());
    const measured = `decoding one takes ${Math.round(milliseconds)} ms, a step ${step} ms`;
    if (kind === 'full') return kind;
    const means = kind === 'tae' ? 'by the tiny decoder' : 'as rough colours';
    this.#tell(`The steps are shown ${means}, because ${measured}; --preview full decodes them all.`);
    return kind;
  }
}

/**
 * Whether steps can be decoded while others are sampled without slowing the sampler down. On two cores even
 * processes of the lowest priority cost it a tenth of its time, so there the steps' pictures come afterwards.
 */
export const coresToSpare = availableParallelism() > 2;
