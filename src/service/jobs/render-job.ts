import type { RunEvent } from '../../app/events.js';
import { resolveBelow } from '../../files/file-names.js';
import { removeAbandoned } from '../../files/publish.js';
import type { AnimationOptions } from '../../options/animation-options.js';
import { isSelected } from '../../recording/steps.js';
import { exists } from '../../util/exists.js';
import type { JobImage, JobOptions } from '../job.js';
import { renderMovie } from '../media/media.js';
import type { JobFiles } from './job-files.js';
import type { JobStore } from './job-store.js';
import { imagesFolder, noSteps } from './request-checks.js';

type RenderJobSettings = {
  readonly options: JobOptions;
  readonly store: JobStore;
  readonly files: JobFiles;
  /** absolute */
  readonly outdir: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/**
 * Makes another animation from the kept steps of an earlier job, and from its finished image if it still exists.
 * @throws StepsAnimationError `usage` when the steps are no longer kept
 */
export async function renderJob(settings: RenderJobSettings): Promise<void> {
  const { options, store, onEvent, signal } = settings;
  const { of, image: index, animation } = options;
  const original = of === null ? undefined : store.get(of);
  const image = original?.images.find((other) => other.index === index);
  if (!original || original.kind === 'render' || !image || image.steps.length === 0 || !animation) throw noSteps(of);
  const { path, width, height } = image;
  const finished = path !== null && (await exists(path)) ? path : null;
  const steps = stepPaths(settings, original.id, image, animation, finished !== null);
  const noise = store.steps(original.id, image.index).find(({ step }) => step === 0);
  const outdir = resolveBelow(imagesFolder(settings.outdir, original.kind), animation.animationPath);
  const movie = {
    sources: finished === null ? steps : [...steps, finished],
    ...(noise && { noise: settings.files.stepPath(original.id, noise) }),
    // The steps have been selected already, by their original numbers.
    animation: { ...animation, skipSteps: 0, every: 1, stopAt: 0 },
    ...(width > 0 && height > 0 && { imageSize: { width, height } }),
    outdir,
  };
  const onProgress = (event: RunEvent) => onEvent(event.type === 'animation' ? { ...event, image: finished } : event);
  try {
    await renderMovie(movie, { onProgress, signal });
  } finally {
    // Of a process that crashed or did not stop.
    await removeAbandoned(outdir);
  }
}

/** The selected steps, without the last one if the finished image shows the same. */
function stepPaths(
  { store, files }: RenderJobSettings,
  job: string,
  { index }: JobImage,
  animation: AnimationOptions,
  isFinished: boolean,
): string[] {
  const kept = store.steps(job, index);
  const shownByImage = isFinished ? store.lastStep(job, index) : undefined;
  const last = isFinished ? undefined : kept.at(-1)?.step;
  return kept
    .filter(({ step }) => step > 0 && step !== shownByImage && (step === last || isSelected(step, animation)))
    .map((step) => files.stepPath(job, step));
}
