import { z } from 'zod';

/** Pixels of each side of a movie that may be asked for. */
const sideLimits = { min: 2, max: 16_384 } as const;

/** A size that was asked for: of the whole movie, or of its longer side. */
type WantedSize = { readonly width: number; readonly height: number } | { readonly longerSide: number };

/** Accepts `auto`, the pixels of the longer side as a text or a number, and a width and a height such as `1280x720`. */
export const movieSizeSchema = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string().refine((text) => text === 'auto' || parseMovieSize(text) !== undefined, {
    error: `must be a width and a height such as 1280x720, the pixels of the longer side such as 1080, or auto, each side from ${sideLimits.min} to ${sideLimits.max} pixels`,
  }),
);

/** The size that a value of the option asks for; undefined for `auto`, and for what is not a size. */
export function parseMovieSize(text: string): WantedSize | undefined {
  const [, first, second] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/iu.exec(text) ?? [];
  const sides = [first, second].flatMap((side) => (side === undefined ? [] : [Number(side)]));
  const [width, height] = sides;
  if (width === undefined || sides.some((side) => side < sideLimits.min || side > sideLimits.max)) return undefined;
  return height === undefined ? { longerSide: width } : { width, height };
}
