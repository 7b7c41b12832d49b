/**
 * Weighs what a text encoder made of tokens, as AUTOMATIC1111's web UI does ("Original" emphasis): each token's vector
 * is multiplied by its weight, and then all values by what brings their mean back to what it was. The web UI does so
 * for all texts of a prompt's schedule together, and for the first chunks of all, the second chunks, and so on apart:
 * pass the hidden states of one such stack.
 * @param hidden [tokens, width], the tokens of all chunks of the stack one after the other; left as it is
 * @param weights one for each token
 * @returns `hidden` itself where all weights are 1
 */
export function applyWeights(hidden: Float32Array, weights: readonly number[], width: number): Float32Array {
  if (weights.every((weight) => weight === 1)) return hidden;
  const weighted = hidden.map((value, i) => value * (weights[Math.floor(i / width)] ?? 1));
  const ratio = sum(hidden) / sum(weighted);
  // No factor restores the mean of nothing but zeros.
  return Number.isFinite(ratio) ? weighted.map((value) => value * ratio) : weighted;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
