import type { Inference, TimedStep } from '../../diffusion/inference.js';
import { imageOf } from '../../diffusion/latent.js';
import type { FinishedBatch } from '../../diffusion/pipeline.js';
import type { FinishReason, GenerationEvent } from '../host.js';
import type { EmbeddedRun } from './plan.js';
import type { StepPictures } from './step-pictures.js';

type Circumstances = {
  /** what is to be known of the model and the prompts */
  readonly notes: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly skips: EventTarget | undefined;
};

/** Runs the batches one after another and tells what happens, up to but not including `end`. */
export async function* eventsOf(
  run: EmbeddedRun,
  inference: Inference,
  pictures: StepPictures,
  { notes, signal, skips }: Circumstances,
): AsyncGenerator<GenerationEvent, void, void> {
  let skipping = new AbortController();
  const skip = () => skipping.abort();
  // Whoever hears of the start may skip the first batch at once.
  skips?.addEventListener('skip', skip);
  try {
    yield { type: 'start', images: run.images, passes: run.passes };
    for (const message of notes) yield { type: 'note', message };
    let firstImage = 0;
    for (const batch of run.batches) {
      yield* batchEvents(run, batch, firstImage, inference, pictures, { signal, skipping: skipping.signal });
      if (signal?.aborted) break;
      skipping = new AbortController();
      firstImage += batch.seeds.length;
    }
  } finally {
    skips?.removeEventListener('skip', skip);
  }
  const choice = await pictures.note();
  if (choice !== undefined) yield { type: 'note', message: choice };
}

type BatchSignals = { readonly signal: AbortSignal | undefined; readonly skipping: AbortSignal };

async function* batchEvents(
  run: EmbeddedRun,
  batch: EmbeddedRun['batches'][number],
  firstImage: number,
  inference: Inference,
  pictures: StepPictures,
  { signal, skipping }: BatchSignals,
): AsyncGenerator<GenerationEvent, void, void> {
  const steps = inference.generate(batch, anyOf(skipping, signal));
  try {
    let next = await steps.next();
    const isStopped = next.done && next.value.pictures.length === 0;
    if (!isStopped) yield* startFrames(run, firstImage, batch.seeds.length);
    for (; !next.done; next = await steps.next()) {
      const step = next.value;
      pictures.took(step.milliseconds);
      for (let i = 0; i < batch.seeds.length; i++) yield stepEvent(run, step, i, firstImage + i, pictures);
    }
    const isSkipped = skipping.aborted && !signal?.aborted && next.value.reason === 'interrupted';
    yield* finishedImages(run, firstImage, next.value.pictures, isSkipped ? 'skipped' : next.value.reason);
  } finally {
    await steps.return({ pictures: [], reason: 'interrupted' });
  }
}

function anyOf(skipping: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal ? AbortSignal.any([skipping, signal]) : skipping;
}

/** The starting picture as a step of its own, for each image of a batch. */
function* startFrames({ startFrame }: EmbeddedRun, firstImage: number, count: number): Generator<GenerationEvent> {
  if (!startFrame) return;
  for (let i = 0; i < count; i++) {
    yield { type: 'step', image: firstImage + i, pass: 0, step: 1, picture: async () => startFrame };
  }
}

function stepEvent(
  run: EmbeddedRun,
  step: TimedStep,
  position: number,
  image: number,
  pictures: StepPictures,
): GenerationEvent {
  return {
    type: 'step',
    image,
    pass: run.startFrame ? step.pass + 1 : step.pass,
    step: step.step,
    picture: (content) => pictures.picture(imageOf(step[content], position)),
    ...pictures.preview(imageOf(step.denoised, position)),
  };
}

function* finishedImages(
  run: EmbeddedRun,
  first: number,
  pictures: FinishedBatch['pictures'],
  reason: FinishReason,
): Generator<GenerationEvent, void, void> {
  for (const [i, picture] of pictures.entries()) {
    const infotext = run.images[first + i]?.infotext ?? '';
    yield { type: 'image', image: first + i, picture, infotext, reason };
  }
}
