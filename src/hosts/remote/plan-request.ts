import { randomInt } from 'node:crypto';
import { formatInfotext } from '../../infotext/write-infotext.js';
import { checkOptions } from '../../options/check-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../../options/generation-options.js';
import type { ImageInfo, PassInfo, StartRequest } from '../host.js';

/** What img2img starts from, with its options checked. */
export type Start = Img2imgOptions & Pick<StartRequest, 'picture' | 'mask'>;

const seeds = 2 ** 32;

/** @throws StepsAnimationError `usage` naming the option, its value and what it may be */
export function checkStart({ picture, mask, ...given }: StartRequest): Start {
  return { ...checkOptions(img2imgOptionsSchema, given), picture, ...(mask && { mask }) };
}

const labels = {
  variationStrength: 'variation strength',
  guidanceRescale: 'guidance rescale',
  eta: 'eta',
  sChurn: 's_churn',
  sNoise: 's_noise',
  sigmaMin: 'sigma min',
  sigmaMax: 'sigma max',
  seedResizeFromWidth: 'resize seed from width',
  seedResizeFromHeight: 'resize seed from height',
  rho: 'rho',
  sTmin: 's_tmin',
  sTmax: 's_tmax',
  rng: 'random number generator',
  preview: 'preview',
} as const;

/** Options that the nodes of ComfyUI and InvokeAI have no place for. */
export const withoutNode = [
  ...(['variationStrength', 'seedResizeFromWidth', 'seedResizeFromHeight'] as const),
  ...(['eta', 'sigmaMin', 'sigmaMax', 'rho', 'sChurn', 'sTmin', 'sTmax', 'sNoise'] as const),
] as const;

/** Labels of those of some options that are asked for. */
export function leftOut(options: GenerationOptions, names: readonly (keyof typeof labels)[]): readonly string[] {
  return names
    .filter((name) => options[name] !== generationOptionsSchema.shape[name].parse(undefined))
    .map((name) => labels[name]);
}

/** Every image of a request by itself, with seeds that rise by one. */
export function layOutImages(
  options: GenerationOptions,
  passes: readonly PassInfo[],
  start: Start | undefined,
): readonly { readonly info: ImageInfo; readonly seed: number }[] {
  const first = options.seed === -1 ? randomInt(seeds) : options.seed;
  const { width, height } = passes.at(-1) ?? {};
  const size = width !== undefined && height !== undefined ? { width, height } : {};
  return Array.from({ length: options.batchCount * options.batchSize }, (_, i) => {
    const seed = (first + i) % seeds;
    const infotext = formatInfotext({
      options: { ...options, ...size, seed },
      request: { start },
      planned: [],
      folder: { name: options.model },
    });
    const place = { batch: Math.floor(i / options.batchSize), position: i % options.batchSize };
    return { info: { ...place, seed, prompt: options.prompt, infotext, ...size }, seed };
  });
}
