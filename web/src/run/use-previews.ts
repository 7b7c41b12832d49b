import { useEffect, useRef, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { placeOf } from './step-places.js';

/** A picture that was seen on the way, and the step of which image it shows. */
export type SeenPreview = { readonly image: number; readonly step: number; readonly url: string };

/** Kept for the strip; each has a few kilobytes. */
const mostKept = 60;
/** Milliseconds between two requests. */
const pause = 200;

/** The live pictures of a job, asked for as new ones are there; the last is the newest. */
export function usePreviews(job: JobShape): readonly SeenPreview[] {
  const { previewUrl } = job;
  const [seen, setSeen] = useState<readonly SeenPreview[]>([]);
  const newest = useRef(job);
  newest.current = job;
  useEffect(() => {
    const ending = new AbortController();
    let kept: readonly SeenPreview[] = [];
    let asked = 0;
    let isBusy = false;
    const keep = (preview: SeenPreview) => {
      const all = [...kept.filter(({ image, step }) => image !== preview.image || step !== preview.step), preview];
      const next = all.slice(-mostKept);
      for (const { url } of kept) if (!next.some((other) => other.url === url)) letGo(url);
      kept = next;
      setSeen(kept);
    };
    const look = async () => {
      const { progress } = newest.current;
      if (isBusy || !progress || progress.preview === asked) return;
      asked = progress.preview;
      isBusy = true;
      try {
        const place = placeOf(newest.current, progress.step);
        const response = await fetch(`${previewUrl}?v=${asked}`, { signal: ending.signal });
        if (!response.ok) return;
        const picture = await response.blob();
        if (!ending.signal.aborted) keep({ ...place, url: URL.createObjectURL(picture) });
      } catch {
        // The service is away: the page says so elsewhere.
      } finally {
        isBusy = false;
      }
    };
    const timer = setInterval(() => void look(), pause);
    return () => {
      clearInterval(timer);
      ending.abort();
      for (const { url } of kept) letGo(url);
      setSeen([]);
    };
  }, [previewUrl]);
  return seen;
}

/** Frees a picture, not before what is being drawn has been drawn. */
function letGo(url: string): void {
  setTimeout(() => URL.revokeObjectURL(url), 5000);
}
