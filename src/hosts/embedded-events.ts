import type { Picture } from '../animation/picture.js';
import type { Inference } from '../diffusion/inference.js';
import { imageOf, type Latent } from '../diffusion/latent.js';
import type { FinishedBatch } from '../diffusion/pipeline.js';
import type { SamplerStep } from '../diffusion/samplers/sampler.js';
import type { EmbeddedRun } from './embedded-run.js';
import type { GenerationEvent } from './host.js';

type Decode = (latent: Latent) => Promise<Picture>;

/** Runs the batches one after another and tells what happens, up to but not including `end`. */
export async function* eventsOf(
  run: EmbeddedRun,
  inference: Inference,
  decode: Decode,
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerationEvent, void, void> {
  yield { type: 'start', images: run.images, passes: run.passes };
  let firstImage = 0;
  for (const batch of run.batches) {
    const steps = inference.generate(batch, signal);
    try {
      for (;;) {
        const { value, done } = await steps.next();
        if (done) {
          yield* finishedImages(run, firstImage, value);
          break;
        }
        for (let i = 0; i < batch.seeds.length; i++) yield stepEvent(value, i, firstImage + i, decode);
      }
    } finally {
      await steps.return({ pictures: [], reason: 'interrupted' });
    }
    if (signal?.aborted) return;
    firstImage += batch.seeds.length;
  }
}

function stepEvent(step: SamplerStep, position: number, image: number, decode: Decode): GenerationEvent {
  return {
    type: 'step',
    image,
    pass: 0,
    step: step.step,
    picture: (content) => decode(imageOf(step[content], position)),
  };
}

function* finishedImages(
  run: EmbeddedRun,
  first: number,
  batch: FinishedBatch,
): Generator<GenerationEvent, void, void> {
  for (const [i, picture] of batch.pictures.entries()) {
    const infotext = run.images[first + i]?.infotext ?? '';
    yield { type: 'image', image: first + i, picture, infotext, reason: batch.reason };
  }
}
