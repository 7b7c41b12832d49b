import type { Latent } from '../latent.js';

/**
 * Puts the middle of one image's noise into the middle of another's, in place, so that a seed keeps its composition
 * in another size: the "seed resize" of the web UIs.
 */
export function placeCentred(noise: Latent, into: Latent): Latent {
  const [, channels, fromHeight, fromWidth] = noise.shape;
  const [, , toHeight, toWidth] = into.shape;
  const columns = overlap(fromWidth, toWidth);
  const rows = overlap(fromHeight, toHeight);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows.length; row++) {
      const from = (channel * fromHeight + rows.from + row) * fromWidth + columns.from;
      const to = (channel * toHeight + rows.to + row) * toWidth + columns.to;
      into.data.set(noise.data.subarray(from, from + columns.length), to);
    }
  }
  return into;
}

/** Where two centred lengths lie on each other; a longer one that is so by an odd number loses one value too many. */
function overlap(from: number, to: number): { readonly from: number; readonly to: number; readonly length: number } {
  const margin = Math.floor((to - from) / 2);
  return margin >= 0 ? { from: 0, to: margin, length: from } : { from: -margin, to: 0, length: from + 2 * margin };
}
