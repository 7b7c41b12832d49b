import { useEffect, useRef, useState } from 'react';
import type { JobShape } from '../api/types.js';

export type StepPicture = { readonly step: number; readonly url: string };
export type StepPictures = {
  readonly newest: string | undefined;
  /** of the image that is being made */
  readonly steps: readonly StepPicture[];
  /** the newest step of it; 0 before the first */
  readonly step: number;
};

/** A preview of a step; its URL is an object URL. */
type Preview = StepPicture & { readonly image: number };

/** Previews kept for the strip of steps; each has a few kilobytes. */
const maxKept = 60;
const pollIntervalMs = 200;
/** A picture that is being drawn must not be revoked. */
const revokeDelayMs = 5000;

/** The pictures of a running job, updated as previews arrive. */
export function useStepPictures(job: JobShape): StepPictures {
  const previews = usePreviews(job);
  const steps = stepsOfCurrentImage(job, previews);
  const step = Math.max(imageAndStep(job, job.progress?.step ?? 0).step, 0);
  return { newest: previews.at(-1)?.url ?? steps.at(-1)?.url, steps, step };
}

/** The previews of a job, newest last, fetched whenever its progress has a new one. */
function usePreviews(job: JobShape): readonly Preview[] {
  const { previewUrl } = job;
  const [previews, setPreviews] = useState<readonly Preview[]>([]);
  const latestJob = useRef(job);
  latestJob.current = job;
  useEffect(() => {
    const controller = new AbortController();
    let kept: readonly Preview[] = [];
    let fetched = 0;
    let isBusy = false;
    const keep = (preview: Preview) => {
      const others = kept.filter(({ image, step }) => image !== preview.image || step !== preview.step);
      const next = [...others, preview].slice(-maxKept);
      for (const { url } of kept) if (!next.some((other) => other.url === url)) revokeLater(url);
      kept = next;
      setPreviews(kept);
    };
    const poll = async () => {
      const { progress } = latestJob.current;
      if (isBusy || !progress || progress.preview === fetched) return;
      fetched = progress.preview;
      isBusy = true;
      try {
        const position = imageAndStep(latestJob.current, progress.step);
        const response = await fetch(`${previewUrl}?v=${fetched}`, { signal: controller.signal });
        if (!response.ok) return;
        const picture = await response.blob();
        if (!controller.signal.aborted) keep({ ...position, url: URL.createObjectURL(picture) });
      } catch {
        // Without a connection, the page shows a notice elsewhere.
      } finally {
        isBusy = false;
      }
    };
    const timer = setInterval(() => void poll(), pollIntervalMs);
    return () => {
      clearInterval(timer);
      controller.abort();
      for (const { url } of kept) revokeLater(url);
      setPreviews([]);
    };
  }, [previewUrl]);
  return previews;
}

function revokeLater(url: string): void {
  setTimeout(() => URL.revokeObjectURL(url), revokeDelayMs);
}

/**
 * Converts a step of a job, counted across all images from 1, into a step of an image. The images of a batch are sampled
 * together; the preview shows the last one of them.
 */
function imageAndStep({ images, progress, options }: JobShape, step: number): { image: number; step: number } {
  const count = Math.max(1, images.length);
  const stepsPerImage = Math.max(1, Math.round((progress?.steps ?? 1) / count));
  const batchSize = Math.min(count, Number(options.generation?.batchSize ?? 1));
  const batch = Math.floor(Math.max(0, step - 1) / (stepsPerImage * batchSize));
  return {
    image: Math.min(count, (batch + 1) * batchSize) - 1,
    step: Math.ceil((step - batch * stepsPerImage * batchSize) / batchSize),
  };
}

/** The steps of the image that is being made: stored pictures, or else previews. */
function stepsOfCurrentImage({ images }: JobShape, previews: readonly Preview[]): StepPicture[] {
  const current = previews.at(-1)?.image ?? images.findLast(({ steps }) => steps.length > 0)?.index ?? 0;
  const urls = new Map<number, string>();
  for (const { image, step, url } of previews) if (image === current) urls.set(step, url);
  for (const { step, url } of images.find(({ index }) => index === current)?.steps ?? []) urls.set(step, url);
  return [...urls].map(([step, url]) => ({ step, url })).sort((a, b) => a.step - b.step);
}
