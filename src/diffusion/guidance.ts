import type { BatchRequest } from './batch-request.js';
import { imageOf, type Latent, map, stack, zip } from './latent.js';
import type { AddedConditions, NoiseModel } from './networks/noise-model.js';
import { type Conditioning, zerosLike } from './prompts/conditioning.js';
import type { PromptEncoder } from './prompts/prompt-encoder.js';
import { schedulePrompt } from './prompts/schedule.js';
import type { DenoiseBoth } from './samplers/sampler.js';

/** The encoded prompts of one evaluation of the model. */
type GuidingPrompts = { readonly positive: Conditioning; readonly negative: Conditioning };

/** How a model is guided in one pass. */
type Guidance = {
  /** The prompts of an evaluation, counted from 0; they differ if a prompt has edits or alternations. */
  readonly promptsAt: (evaluation: number) => GuidingPrompts;
  /** Whether to make the unguided prediction even at a CFG scale of 1, which does not need it. Default: false. */
  readonly usesUnguided?: boolean | undefined;
  /** Rescaling of the guided prediction: 0 none, 1 to the standard deviation of the one by the positive prompt. */
  readonly rescale: number;
  /** Among them the CFG scale: 1 follows the positive prompt alone, higher ones move away from the negative one. */
  readonly conditions: AddedConditions;
};

/**
 * Classifier-free guidance: Ho and Salimans 2022, "Classifier-Free Diffusion Guidance", with the rescaling of Lin et al.
 * 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.4.
 * @returns the guided model, as samplers take it
 */
export function guide(
  model: Pick<NoiseModel, 'predict' | 'clean' | 'isDistilled'>,
  { promptsAt, rescale, usesUnguided = false, conditions }: Guidance,
): DenoiseBoth {
  let evaluation = 0;
  const { cfgScale } = conditions;
  return async (latent, sigma) => {
    const { positive, negative } = promptsAt(evaluation++);
    const isGuided = (cfgScale !== 1 || usesUnguided) && !model.isDistilled;
    const prompts = isGuided ? [negative, positive] : [positive];
    const [first, second] = await model.predict(latent, sigma, prompts, conditions);
    if (!first || !second) {
      const clean = model.clean(latent, sigma, first ?? latent);
      return { guided: clean, unguided: clean };
    }
    const guided = zip(first, second, (away, towards) => away + cfgScale * (towards - away));
    const scaled = rescale > 0 ? rescaled(guided, second, rescale) : guided;
    return { guided: model.clean(latent, sigma, scaled), unguided: model.clean(latent, sigma, first) };
  };
}

/** Scales each image's prediction towards the standard deviation of `reference`, by `share` of the way. */
function rescaled(guided: Latent, reference: Latent, share: number): Latent {
  const images = Array.from({ length: guided.shape[0] }, (_, i) => {
    const image = imageOf(guided, i);
    const factor = deviation(imageOf(reference, i)) / deviation(image);
    return map(image, (value) => value * (share * factor + 1 - share));
  });
  return stack(images);
}

function deviation({ data }: Latent): number {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
}

type PassSchedule = {
  /** Model evaluations that the base pass is planned for: twice its steps for second-order samplers. */
  readonly evaluations: number;
  /** Those of the hires pass, if the prompts are for it. */
  readonly hiresEvaluations?: number | undefined;
  /** Whether an empty negative prompt is encoded as zeros. */
  readonly emptyIsZero: boolean;
};

type ScheduledConditioning = { readonly until: number; readonly conditioning: Conditioning };

/**
 * Encodes the prompts of a pass with their edits and alternations.
 * @returns the prompts of each evaluation of the model, counted from 0 as in AUTOMATIC1111's web UI
 */
export async function guidingPrompts(
  encoder: PromptEncoder,
  { prompt, negativePrompt, clipSkip }: BatchRequest,
  { evaluations, hiresEvaluations, emptyIsZero }: PassSchedule,
): Promise<(evaluation: number) => GuidingPrompts> {
  const encode = async (text: string): Promise<ScheduledConditioning[]> => {
    const schedule = schedulePrompt(text, evaluations, hiresEvaluations);
    const texts = schedule.map(({ text }) => text);
    const conditionings = await encoder.encode(texts, clipSkip);
    return schedule.flatMap(({ until }, i) => {
      const conditioning = conditionings[i];
      return conditioning ? [{ until, conditioning }] : [];
    });
  };
  const positives = await encode(prompt);
  const negatives = await encode(negativePrompt);
  const isZero = emptyIsZero && negativePrompt === '';
  return (evaluation) => {
    const negative = conditioningAt(negatives, evaluation);
    return { positive: conditioningAt(positives, evaluation), negative: isZero ? zerosLike(negative) : negative };
  };
}

/** The first entry whose end has not passed; the last one if the sampler takes more evaluations than planned. */
function conditioningAt(schedule: readonly ScheduledConditioning[], evaluation: number): Conditioning {
  const found = schedule.find(({ until }) => evaluation <= until) ?? schedule.at(-1);
  if (!found) throw new RangeError('The schedule of a prompt is empty.');
  return found.conditioning;
}
