/** The options that a look decides, with values for each of them. */
type LookOptions = {
  readonly interpolation: 'none' | 'blend' | 'smooth';
  readonly duration: number | 'auto';
  readonly pacing: 'linear' | 'even' | 'exact';
  readonly loop: 'none' | 'boomerang';
  /** seconds, as the two that follow */
  readonly noiseDuration: number;
  readonly firstFrameDuration: number;
  readonly lastFrameDuration: number;
  readonly size: string;
  readonly minSize: number;
  readonly fit: 'contain' | 'cover' | 'blur';
};

/** A named set of options for a movie. */
type Look = {
  /** what it is for: one sentence in lower case, without a full stop */
  readonly purpose: string;
  readonly options: LookOptions;
};

const reveal: LookOptions = {
  interpolation: 'smooth',
  duration: 'auto',
  pacing: 'even',
  loop: 'none',
  noiseDuration: 0.6,
  firstFrameDuration: 0,
  lastFrameDuration: 1.5,
  size: 'auto',
  minSize: 512,
  fit: 'contain',
};

/** Every look, once: a row adds one everywhere. */
export const looks = {
  reveal: {
    purpose: 'opens on the noise, develops evenly, and stays on the finished image for a moment',
    options: reveal,
  },
  classic: {
    purpose: 'what the original Steps Animation script made: every step for the same time, in ten seconds',
    options: {
      ...{ interpolation: 'blend', duration: 10, pacing: 'linear', loop: 'none', noiseDuration: 0 },
      ...{ firstFrameDuration: 0, lastFrameDuration: 0, size: 'auto', minSize: 0, fit: 'contain' },
    },
  },
  loop: {
    purpose: 'back from the finished image to the first step and forward again, without a seam',
    options: { ...reveal, loop: 'boomerang', pacing: 'exact', noiseDuration: 0, lastFrameDuration: 1 },
  },
  story: {
    purpose: 'upright, 1080 by 1920, over a blurred copy of itself, for stories and short videos',
    options: { ...reveal, size: '1080x1920', fit: 'blur' },
  },
  square: {
    purpose: 'a square of 1080 by 1080, over a blurred copy of itself, for feeds',
    options: { ...reveal, size: '1080x1080', fit: 'blur' },
  },
  flipbook: {
    purpose: 'each step by itself, without anything between them',
    options: { ...reveal, interpolation: 'none', pacing: 'linear', noiseDuration: 0 },
  },
} as const satisfies Record<string, Look>;

export type LookName = keyof typeof looks;

export const lookNames = Object.keys(looks) as [LookName, ...LookName[]];

/** The look of a movie for which none is named. */
export const defaultLook: LookName = 'reveal';

/** Whether looks have a value for an option. */
export function isOfLooks(option: string): boolean {
  return option in reveal;
}

/**
 * Options with those of their look, on top of which they are.
 * @param given as a caller gives them; an unknown look is left for the check of the options
 * @param fallback the look if none is named. Default: `defaultLook`
 */
export function withLook(given: Readonly<Record<string, unknown>>, fallback = defaultLook): Record<string, unknown> {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { look = fallback } = set;
  const row: Look | undefined = Object.hasOwn(looks, String(look)) ? looks[look as LookName] : undefined;
  return { ...row?.options, ...set, look };
}
