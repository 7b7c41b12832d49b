import { useEffect, useState } from 'react';
import type { StepPicture } from '../run/previews.js';

/** Pixels of a side of the pictures that examples are drawn from. */
const side = 80;
/** Steps of a long run that are used, at even distances. */
const maxFrames = 24;
/** Steps of a rocket in a row, for examples before the first run. */
const rocket = { url: '/examples/rocket-steps.webp', count: 21 };

let rocketFrames: Promise<readonly CanvasImageSource[]> | undefined;

/** Small pictures of steps to draw examples of looks from; without steps, those of a rocket. */
export function useFrames(steps: readonly StepPicture[]): readonly CanvasImageSource[] {
  const [frames, setFrames] = useState<readonly CanvasImageSource[]>([]);
  useEffect(() => {
    let isCurrent = true;
    rocketFrames ??= loadRocket();
    (steps.length > 1 ? loadSteps(steps) : rocketFrames).then(
      (loaded) => isCurrent && setFrames(loaded),
      // Pictures that are gone: the examples stay as they are.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [steps]);
  return frames;
}

async function loadSteps(steps: readonly StepPicture[]): Promise<readonly CanvasImageSource[]> {
  const count = Math.min(steps.length, maxFrames);
  const chosen = Array.from({ length: count }, (_, at) => steps[Math.round((at * (steps.length - 1)) / (count - 1))]);
  return await Promise.all(
    chosen.flatMap((step) =>
      step ? [load(step.url).then((image) => part(image, 0, 0, image.width, image.height))] : [],
    ),
  );
}

async function loadRocket(): Promise<readonly CanvasImageSource[]> {
  const image = await load(rocket.url);
  return Array.from({ length: rocket.count }, (_, at) => part(image, at * image.height, 0, image.height, image.height));
}

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** The square in the middle of a part of a picture. */
function part(image: HTMLImageElement, x: number, y: number, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const least = Math.min(width, height);
  const context = canvas.getContext('2d');
  context?.drawImage(image, x + (width - least) / 2, y + (height - least) / 2, least, least, 0, 0, side, side);
  return canvas;
}
