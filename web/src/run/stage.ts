import type { CSSProperties } from 'react';

/** The space of a picture: as wide as there is room, and so low that its controls are seen as well. */
export function stageOf(width: number, height: number): CSSProperties {
  const [across, down] = width > 0 && height > 0 ? [width, height] : [1, 1];
  return { width: `min(100%, ${(60 * across) / down}vh)`, aspectRatio: `${across} / ${down}`, marginInline: 'auto' };
}
