import { useEffect, useRef, useState } from 'react';
import type { JobShape } from '../api/types.js';

/** A picture that was seen on the way. */
export type SeenPreview = { readonly step: number; readonly url: string };

/** Kept for the strip; each has a few kilobytes. */
const mostKept = 60;
/** Milliseconds between two requests. */
const pause = 200;

/** The live pictures of a job, asked for as new ones are there; the last is the newest. */
export function usePreviews({ previewUrl, progress }: JobShape): readonly SeenPreview[] {
  const [seen, setSeen] = useState<readonly SeenPreview[]>([]);
  const wanted = useRef({ version: 0, step: 0 });
  wanted.current = { version: progress?.preview ?? 0, step: progress?.step ?? 0 };
  useEffect(() => {
    let shown = 0;
    let isBusy = false;
    const made: string[] = [];
    const look = async () => {
      const { version, step } = wanted.current;
      if (isBusy || version === shown) return;
      isBusy = true;
      try {
        const response = await fetch(`${previewUrl}?v=${version}`);
        if (!response.ok) return;
        const url = URL.createObjectURL(await response.blob());
        made.push(url);
        shown = version;
        setSeen((before) => [...before.filter((other) => other.step !== step), { step, url }].slice(-mostKept));
      } catch {
        // The service is away: the page says so elsewhere.
      } finally {
        isBusy = false;
      }
    };
    const timer = setInterval(() => void look(), pause);
    return () => {
      clearInterval(timer);
      for (const url of made) URL.revokeObjectURL(url);
      setSeen([]);
    };
  }, [previewUrl]);
  return seen;
}
