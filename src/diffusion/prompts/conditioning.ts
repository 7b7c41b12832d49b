import { StepsAnimationError } from '../../errors.js';
import type { FloatTensor } from '../networks/onnx.js';

/** An encoded prompt, as the UNet takes it. */
export type Conditioning = {
  /** Hidden states: [1, tokens, width]. */
  readonly hidden: FloatTensor;
  /** Embedding of the whole text, [1, width]; only models of the family SDXL have it. */
  readonly pooled: FloatTensor | undefined;
};

/**
 * Joins the hidden states of two encoders for the same tokens: [1, tokens, sum of widths].
 * @throws StepsAnimationError `model` when they are not of the same number of tokens
 */
export function joinWidths(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [, tokens = 0, widthA = 0] = a.shape;
  const [, tokensB = 0, widthB = 0] = b.shape;
  if (tokens !== tokensB) {
    const message = `The two text encoders of the model read ${tokens} and ${tokensB} tokens of the same prompt`;
    throw new StepsAnimationError('model', `${message}: export the model again, with tokenizers of the same length.`);
  }
  const width = widthA + widthB;
  const data = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    data.set(a.data.subarray(token * widthA, (token + 1) * widthA), token * width);
    data.set(b.data.subarray(token * widthB, (token + 1) * widthB), token * width + widthA);
  }
  return { data, shape: [1, tokens, width] };
}

/** Joins the hidden states of several chunks: [1, sum of tokens, width]. */
export function joinTokens(chunks: readonly FloatTensor[]): FloatTensor {
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const tokens = chunks.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  const data = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.data.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    data.set(chunk.data, offset);
    offset += chunk.data.length;
  }
  return { data, shape: [1, tokens, first?.shape[2] ?? 0] };
}

/** The same shapes, all zero: SDXL's conditioning for an empty negative prompt. */
export function zerosLike({ hidden, pooled }: Conditioning): Conditioning {
  const zeros = ({ data, shape }: FloatTensor) => ({ data: new Float32Array(data.length), shape });
  return { hidden: zeros(hidden), pooled: pooled && zeros(pooled) };
}

/**
 * Applies the weights of tokens to hidden states, as AUTOMATIC1111's web UI does ("Original" emphasis): multiplies each
 * token's vector by its weight, then scales all values so that their mean is the same as before. The web UI does this
 * for all texts of a prompt's schedule together, separately for the first chunks, the second chunks, and so on: pass
 * the hidden states of one such group.
 * @param hidden [tokens, width], the tokens of all chunks of the group in a row; not modified
 * @param weights one for each token
 * @returns `hidden` itself if all weights are 1
 */
export function applyWeights(hidden: Float32Array, weights: readonly number[], width: number): Float32Array {
  if (weights.every((weight) => weight === 1)) return hidden;
  const weighted = hidden.map((value, i) => value * (weights[Math.floor(i / width)] ?? 1));
  const ratio = sum(hidden) / sum(weighted);
  // If all weights are 0, no factor restores the mean.
  return Number.isFinite(ratio) ? weighted.map((value) => value * ratio) : weighted;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
