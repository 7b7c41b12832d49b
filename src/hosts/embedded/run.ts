import type { Inference, TimedStep } from '../../diffusion/inference.js';
import { imageOf } from '../../diffusion/latent.js';
import type { FinishedBatch } from '../../diffusion/pipeline.js';
import type { Picture } from '../../pictures/picture.js';
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

/** Makes the batches of a plan in their order. If one fails, its images end with their last step. */
export async function* generateBatches(settings: RunSettings): AsyncGenerator<GenerationEvent, void, void> {
  const { plan, inference, pictures, signal, skips } = settings;
  let skipping = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const skip = () => skipping.abort();
  // Before the start, whose reader may skip the first batch at once.
  skips?.addEventListener('skip', skip);
  try {
    yield { type: 'start', images: plan.images, passes: plan.passes };
    for (const message of settings.notes) yield { type: 'note', message };
    let firstImage = 0;
    for (const batch of plan.batches) {
      const images = batch.seeds.map((_, position) => firstImage + position);
      const steps = inference.generate(batch, signal, skipping.signal);
      let last: TimedStep | undefined;
      let ended: FinishedBatch = { pictures: [], reason: 'interrupted' };
      try {
        let next = await steps.next();
        const isStoppedBefore = next.done && next.value.pictures.length === 0;
        if (!isStoppedBefore) yield* startFrames(plan, images);
        for (; !next.done; next = await steps.next()) {
          last = next.value;
          pictures.addStepTime(last.milliseconds);
          for (const [position, image] of images.entries()) {
            if (!plan.startFrame && last.pass === 0 && last.step === 1)
              yield noiseEvent(last, position, image, pictures);
            yield stepEvent(plan, last, position, image, pictures);
          }
        }
        ended = next.value;
      } catch (error) {
        failure = { error };
        if (last) ended = { pictures: await decodeStep(last, images.length, pictures), reason: 'interrupted' };
      } finally {
        await steps.return(ended);
      }
      const isSkipped = skipping.signal.aborted && !signal?.aborted && ended.reason === 'interrupted' && !failure;
      const reason = isSkipped ? 'skipped' : ended.reason;
      for (const [position, picture] of ended.pictures.entries()) {
        const image = firstImage + position;
        yield { type: 'image', image, picture, infotext: plan.images[image]?.infotext ?? '', reason };
      }
      if (signal?.aborted || failure) break;
      skipping = new AbortController();
      firstImage += images.length;
    }
  } finally {
    skips?.removeEventListener('skip', skip);
  }
  const note = await pictures.note();
  if (note !== undefined) yield { type: 'note', message: note };
  yield { type: 'end' };
  // A process that had to be killed because it did not stop is no failure.
  if (failure && !signal?.aborted) throw failure.error;
}

/** The pictures of a step; none if they cannot be decoded. */
async function decodeStep(step: TimedStep, images: number, pictures: StepPictures): Promise<readonly Picture[]> {
  const latents = Array.from({ length: images }, (_, position) => imageOf(step.denoised, position));
  return await Promise.all(latents.map((latent) => pictures.picture(latent))).catch(() => []);
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
