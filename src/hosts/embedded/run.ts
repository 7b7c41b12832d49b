import type { Inference, TimedStep } from '../../diffusion/inference.js';
import { imageOf } from '../../diffusion/latent.js';
import type { GenerationEvent } from '../host.js';
import type { EmbeddedPlan } from './plan.js';
import type { StepPictures } from './step-pictures.js';

type RunSettings = {
  readonly plan: EmbeddedPlan;
  readonly inference: Inference;
  readonly pictures: StepPictures;
  /** on the model and the prompts */
  readonly notes: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly skips: EventTarget | undefined;
};

/** Makes the batches of a plan in their order. */
export async function* generateBatches(settings: RunSettings): AsyncGenerator<GenerationEvent, void, void> {
  const { plan, inference, pictures, signal, skips } = settings;
  let skipping = new AbortController();
  const skip = () => skipping.abort();
  // Before the start, whose reader may skip the first batch at once.
  skips?.addEventListener('skip', skip);
  try {
    yield { type: 'start', images: plan.images, passes: plan.passes };
    for (const message of settings.notes) yield { type: 'note', message };
    let firstImage = 0;
    for (const batch of plan.batches) {
      const images = batch.seeds.map((_, position) => firstImage + position);
      const steps = inference.generate(batch, AbortSignal.any([skipping.signal, ...(signal ? [signal] : [])]));
      try {
        let next = await steps.next();
        const isStoppedBefore = next.done && next.value.pictures.length === 0;
        if (!isStoppedBefore) yield* startFrames(plan, images);
        for (; !next.done; next = await steps.next()) {
          const step = next.value;
          pictures.addStepTime(step.milliseconds);
          for (const [position, image] of images.entries()) {
            if (!plan.startFrame && step.pass === 0 && step.step === 1)
              yield noiseEvent(step, position, image, pictures);
            yield stepEvent(plan, step, position, image, pictures);
          }
        }
        const isSkipped = skipping.signal.aborted && !signal?.aborted && next.value.reason === 'interrupted';
        const reason = isSkipped ? 'skipped' : next.value.reason;
        for (const [position, picture] of next.value.pictures.entries()) {
          const image = firstImage + position;
          yield { type: 'image', image, picture, infotext: plan.images[image]?.infotext ?? '', reason };
        }
      } finally {
        await steps.return({ pictures: [], reason: 'interrupted' });
      }
      if (signal?.aborted) break;
      skipping = new AbortController();
      firstImage += images.length;
    }
  } finally {
    skips?.removeEventListener('skip', skip);
  }
  const note = await pictures.note();
  if (note !== undefined) yield { type: 'note', message: note };
  yield { type: 'end' };
}

/** The starting picture as a step of its own, for each image of a batch. */
function startFrames({ startFrame }: EmbeddedPlan, images: readonly number[]): readonly GenerationEvent[] {
  if (!startFrame) return [];
  return images.map((image) => ({ type: 'step', image, pass: 0, step: 1, picture: async () => startFrame }));
}

/** What the sampler starts from. */
function noiseEvent({ noisy }: TimedStep, position: number, image: number, pictures: StepPictures): GenerationEvent {
  return { type: 'noise', image, picture: () => pictures.picture(imageOf(noisy, position)) };
}

function stepEvent(
  { startFrame }: EmbeddedPlan,
  step: TimedStep,
  position: number,
  image: number,
  pictures: StepPictures,
): GenerationEvent {
  return {
    type: 'step',
    image,
    pass: startFrame ? step.pass + 1 : step.pass,
    step: step.step,
    sigma: step.sigma,
    picture: (content) => pictures.picture(imageOf(step[content], position)),
    ...pictures.preview(imageOf(step.denoised, position)),
  };
}
