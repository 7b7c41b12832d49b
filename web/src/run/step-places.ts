import type { JobShape } from '../api/types.js';
import type { StripStep } from './step-strip.js';
import type { SeenPreview } from './use-previews.js';

/**
 * Where a job is in its images: steps are counted through all of them, and those of a batch go together. Of a batch, the
 * last image is named, because it is the one that the preview shows.
 * @param step of all images together, from 1
 */
export function placeOf({ images, progress, options }: JobShape, step: number): { image: number; step: number } {
  const count = Math.max(1, images.length);
  const perImage = Math.max(1, Math.round((progress?.steps ?? 1) / count));
  const together = Math.min(count, Number(options.generation?.batchSize ?? 1));
  const batch = Math.floor(Math.max(0, step - 1) / (perImage * together));
  return {
    image: Math.min(count, (batch + 1) * together) - 1,
    step: Math.ceil((step - batch * perImage * together) / together),
  };
}

/** The steps of the image at work: the kept pictures, and where there is none yet, what was seen of them. */
export function stepsSoFar({ images }: JobShape, seen: readonly SeenPreview[]): StripStep[] {
  const current = seen.at(-1)?.image ?? images.findLast(({ steps }) => steps.length > 0)?.index ?? 0;
  const urls = new Map<number, string>();
  for (const { image, step, url } of seen) if (image === current) urls.set(step, url);
  for (const { step, url } of images.find(({ index }) => index === current)?.steps ?? []) urls.set(step, url);
  return [...urls].map(([step, url]) => ({ step, url })).sort((a, b) => a.step - b.step);
}
