import { formatInfotext } from '../../infotext/write-infotext.js';
import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';
import type { PassInfo } from '../host.js';
import { type PlannedImage, planImages } from '../plan-images.js';
import type { Start } from '../start-picture.js';

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

/** The images of a request, for programs that have no variation seeds. */
export function planRemoteImages(
  options: GenerationOptions,
  passes: readonly PassInfo[],
  start: Start | undefined,
): readonly PlannedImage[] {
  const { width, height } = passes.at(-1) ?? {};
  const size = width !== undefined && height !== undefined ? { width, height } : {};
  return planImages({ ...options, variationStrength: 0 }, size, ({ seed }) =>
    formatInfotext({
      ...{ options: { ...options, ...size, seed }, request: { start } },
      ...{ planned: [], folder: { name: options.model } },
    }),
  );
}
