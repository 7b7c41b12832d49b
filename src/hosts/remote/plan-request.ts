import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';

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
