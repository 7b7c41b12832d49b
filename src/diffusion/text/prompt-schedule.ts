import type { BatchRequest } from '../batch-request.js';
import type { GuidingPrompts } from '../networks/guidance.js';
import { type ScheduledText, schedulePrompt } from '../prompts/schedule.js';
import { type Conditioning, zerosLike } from './conditioning.js';
import type { PromptEncoder } from './prompt-encoder.js';

type PassSchedule = {
  /** evaluations of the model that the base pass is planned for: twice its steps for samplers of second order */
  readonly evaluations: number;
  /** those of the hires pass, where the prompts are for that */
  readonly hiresEvaluations?: number | undefined;
  /** whether an empty negative prompt is given as zeros */
  readonly emptyIsZero: boolean;
};

type ScheduledConditioning = { readonly until: number; readonly conditioning: Conditioning };

/**
 * What guides each evaluation of the model in a pass, counted from 0 as in AUTOMATIC1111's web UI: edits and
 * alternations in the prompts change it on the way.
 */
export async function guidingPrompts(
  encoder: PromptEncoder,
  { prompt, negativePrompt, clipSkip }: BatchRequest,
  { evaluations, hiresEvaluations, emptyIsZero }: PassSchedule,
): Promise<(evaluation: number) => GuidingPrompts> {
  const encode = async (text: string): Promise<ScheduledConditioning[]> => {
    const schedule = schedulePrompt(text, evaluations, { hiresSteps: hiresEvaluations });
    const conditionings = await encoder.encode(textsOf(schedule), clipSkip);
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

function textsOf(schedule: readonly ScheduledText[]): string[] {
  return schedule.map(({ text }) => text);
}

/** The first whose end has not passed; the last one beyond all ends, where samplers take more steps than planned. */
function conditioningAt(schedule: readonly ScheduledConditioning[], evaluation: number): Conditioning {
  const found = schedule.find(({ until }) => evaluation <= until) ?? schedule.at(-1);
  if (!found) throw new RangeError('A prompt has no schedule.');
  return found.conditioning;
}
