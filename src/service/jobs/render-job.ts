import type { RunEvent } from '../../app/events.js';
import { render } from '../../app/render.js';
import { StepsAnimationError } from '../../errors.js';
import { resolveBelow } from '../../files/file-names.js';
import type { AnimationOptions } from '../../options/animation-options.js';
import { isSelected } from '../../recording/steps.js';
import { exists } from '../../util/exists.js';
import type { Job } from '../job.js';
import type { JobFiles } from './job-files.js';
import type { JobStore } from './job-store.js';
import { imagesFolder } from './request-checks.js';

export type RenderJobSettings = {
  readonly job: Job;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly outdir: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/**
 * Makes a further movie of the kept steps of an earlier job, and of its finished image where there is one.
 * @throws StepsAnimationError `usage` when the steps are not kept any more
 */
export async function renderJob(settings: RenderJobSettings): Promise<void> {
  const { job, store, onEvent, signal } = settings;
  const { of, image: index, animation } = job.options;
  const original = of === null ? undefined : store.get(of);
  const image = original?.images.find((other) => other.index === index);
  if (!original || original.kind === 'render' || !image || image.steps.length === 0 || !animation) {
    throw new StepsAnimationError('usage', `The steps of the job ${of} are not kept any more: run it again.`);
  }
  const { path, width, height } = image;
  const finished = path !== null && (await exists(path)) ? path : null;
  const sources = [
    ...keptSteps(settings, animation, original.id, image.index, finished),
    ...(finished === null ? [] : [finished]),
  ];
  await render({
    sources,
    // The steps are chosen already, by their own numbers.
    animation: { ...animation, skipSteps: 0, every: 1, stopAt: 0 },
    ...(width > 0 && height > 0 && { size: { width, height } }),
    outdir: resolveBelow(imagesFolder(settings.outdir, original.kind), animation.animationPath),
    onEvent: (event) => onEvent(event.type === 'animation' ? { ...event, image: finished } : event),
    signal,
  });
}

/** Paths of the steps that the options take, without the last one where the finished image shows the same. */
function keptSteps(
  { store, files }: RenderJobSettings,
  animation: AnimationOptions,
  id: string,
  image: number,
  finished: string | null,
): string[] {
  const lastStep = finished === null ? undefined : store.lastStep(id, image);
  const kept = store.steps(id, image);
  const last = finished === null ? kept.at(-1)?.step : undefined;
  return kept
    .filter(({ step }) => step !== lastStep && (step === last || isSelected(step, animation)))
    .map((step) => files.stepPath(id, step));
}
