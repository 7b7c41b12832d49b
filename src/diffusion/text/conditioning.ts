import type { FloatTensor } from '../networks/onnx.js';

/** What a prompt has become for the UNet. */
export type Conditioning = {
  /** hidden states: [1, tokens, width] */
  readonly hidden: FloatTensor;
  /** the text as a whole, [1, width]; only models of the family SDXL have it */
  readonly pooled: FloatTensor | undefined;
};

/** Joins hidden states of the same tokens by two encoders: [1, tokens, widths together]. */
export function joinWidths(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [, tokens = 0, widthA = 0] = a.shape;
  const [, , widthB = 0] = b.shape;
  const width = widthA + widthB;
  const data = new Float32Array(tokens * width);
  for (let token = 0; token < tokens; token++) {
    data.set(a.data.subarray(token * widthA, (token + 1) * widthA), token * width);
    data.set(b.data.subarray(token * widthB, (token + 1) * widthB), token * width + widthA);
  }
  return { data, shape: [1, tokens, width] };
}

/** Joins the hidden states of chunks, one after another: [1, tokens together, width]. */
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

/** The same shapes, all zero: what SDXL takes for a negative prompt that is empty. */
export function zerosLike({ hidden, pooled }: Conditioning): Conditioning {
  const zeros = ({ data, shape }: FloatTensor) => ({ data: new Float32Array(data.length), shape });
  return { hidden: zeros(hidden), pooled: pooled && zeros(pooled) };
}
