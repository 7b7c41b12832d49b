import { imageOf, type Latent, map, stack, zip } from '../latent.js';
import type { DenoiseBoth } from '../samplers/sampler.js';
import type { Conditioning } from '../text/conditioning.js';
import type { Circumstances, NoiseModel } from './noise-model.js';

/** The prompts of one evaluation of the model. */
export type GuidingPrompts = { readonly positive: Conditioning; readonly negative: Conditioning };

/** How a model is guided in one pass. */
export type Guidance = {
  /** the prompts of an evaluation, counted from 0: they change where prompts are edited on the way */
  readonly promptsAt: (evaluation: number) => GuidingPrompts;
  /** whether the prediction without the prompt is wanted where a CFG scale of 1 does without it */
  readonly usesUnguided?: boolean | undefined;
  /** 0 leaves the guided prediction as it is, 1 gives it the deviation of the one that follows the prompt */
  readonly rescale: number;
  /** `cfgScale` in it is classifier-free guidance: 1 follows the positive prompt alone, higher goes further away from the negative one */
  readonly circumstances: Circumstances;
};

/**
 * The model as samplers want it: Ho and Salimans 2022, "Classifier-Free Diffusion Guidance", with the rescaling of Lin
 * et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.4.
 */
export function guide(
  model: Pick<NoiseModel, 'predict' | 'clean' | 'isDistilled'>,
  { promptsAt, rescale, usesUnguided = false, circumstances }: Guidance,
): DenoiseBoth {
  let evaluation = 0;
  const { cfgScale } = circumstances;
  return async (latent, sigma) => {
    const { positive, negative } = promptsAt(evaluation++);
    const isGuided = (cfgScale !== 1 || usesUnguided) && !model.isDistilled;
    const prompts = isGuided ? [negative, positive] : [positive];
    const predicted = await model.predict(latent, sigma, prompts, circumstances);
    const [first, second] = predicted;
    if (!first || !second) {
      const clean = model.clean(latent, sigma, first ?? latent);
      return { guided: clean, unguided: clean };
    }
    const guided = zip(first, second, (away, towards) => away + cfgScale * (towards - away));
    const scaled = rescale > 0 ? rescaled(guided, second, rescale) : guided;
    return { guided: model.clean(latent, sigma, scaled), unguided: model.clean(latent, sigma, first) };
  };
}

/** Each image's prediction with the standard deviation of `wanted`, as far as `share` says. */
function rescaled(guided: Latent, wanted: Latent, share: number): Latent {
  const images = Array.from({ length: guided.shape[0] }, (_, i) => {
    const image = imageOf(guided, i);
    const factor = deviation(imageOf(wanted, i)) / deviation(image);
    return map(image, (value) => value * (share * factor + 1 - share));
  });
  return stack(images);
}

function deviation({ data }: Latent): number {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
}
