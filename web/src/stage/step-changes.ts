import { useEffect, useState } from 'react';
import type { StepPicture } from '../run/previews.js';

/** Pixels of a side at which pictures are compared. */
const side = 16;

/** How much each step differs from the one before, as the mean difference of a channel; undefined until they are loaded. */
export function useStepChanges(steps: readonly StepPicture[], isWanted: boolean): readonly number[] | undefined {
  const [changes, setChanges] = useState<readonly number[]>();
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    Promise.all(steps.map(({ url }) => pixelsOf(url))).then(
      (pixels) => isCurrent && setChanges(pixels.map((each, at) => difference(pixels[at - 1], each))),
      // A picture that is gone: the steps then lie at even distances.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [steps, isWanted]);
  return isWanted ? changes : undefined;
}

async function pixelsOf(url: string): Promise<Uint8ClampedArray> {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser cannot create a canvas context.');
  context.drawImage(image, 0, 0, side, side);
  return context.getImageData(0, 0, side, side).data;
}

function difference(before: Uint8ClampedArray | undefined, after: Uint8ClampedArray): number {
  if (!before) return 0;
  return after.reduce((sum, value, at) => sum + Math.abs(value - (before[at] ?? 0)), 0) / after.length;
}
