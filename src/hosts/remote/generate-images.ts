import type { GenerationEvent, ImageInfo, PassInfo } from '../host.js';
import { type ImageRun, imageEvents, type Stop } from './image-run.js';

export type ImagesRun = Pick<ImageRun, 'program' | 'noSteps'> & {
  readonly plan: {
    readonly images: readonly { readonly info: ImageInfo; readonly seed: number }[];
    readonly passes: readonly PassInfo[];
    /** what a person should know before */
    readonly notes: readonly string[];
  };
  /** Begins one image. */
  readonly begin: (seed: number, stop: Stop) => ImageRun['events'];
  /** Ends a wait for the program, so that `stop` is looked at. */
  readonly wake: () => void;
  readonly signal: AbortSignal | undefined;
  readonly skips: EventTarget | undefined;
};

/** The images of a request, which a program makes one by one. */
export async function* generateImages({
  plan,
  begin,
  wake,
  signal,
  skips,
  program,
  noSteps,
}: ImagesRun): AsyncGenerator<GenerationEvent, void, void> {
  let isSkipped = false;
  const skip = () => {
    isSkipped = true;
    wake();
  };
  const stop = () => (signal?.aborted ? 'interrupted' : isSkipped ? 'skipped' : undefined);
  skips?.addEventListener('skip', skip);
  signal?.addEventListener('abort', wake);
  try {
    yield { type: 'start', images: plan.images.map(({ info }) => info), passes: plan.passes };
    for (const message of plan.notes) yield { type: 'note', message };
    for (const [index, { info, seed }] of plan.images.entries()) {
      if (signal?.aborted) break;
      isSkipped = false;
      yield* imageEvents({ index, info, events: begin(seed, stop), program, noSteps });
    }
    yield { type: 'end' };
  } finally {
    skips?.removeEventListener('skip', skip);
    signal?.removeEventListener('abort', wake);
  }
}
