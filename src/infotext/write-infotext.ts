import type { GenerationOptions } from '../options/generation-options.js';
import { version } from '../util/version.js';

type Strength = { readonly denoisingStrength: number };

/** What an image was made with. */
export type InfotextFacts = {
  /** with the image's own seeds */
  readonly options: GenerationOptions;
  readonly request: { readonly start?: Strength | undefined; readonly hires?: Strength | undefined };
  readonly planned: readonly { readonly sampler: { readonly name: string }; readonly scheduler: string }[];
  readonly folder: { readonly name: string };
};

/** The `parameters` text of an image, as AUTOMATIC1111's web UI writes it. */
export function formatInfotext(facts: InfotextFacts): string {
  const { options, planned, folder } = facts;
  const settings = {
    Steps: options.steps,
    Sampler: planned[0]?.sampler.name ?? options.sampler,
    'Schedule type': planned[0]?.scheduler ?? options.scheduler,
    'CFG scale': options.cfgScale,
    Seed: options.seed,
    ...(options.width > 0 && options.height > 0 ? { Size: `${options.width}x${options.height}` } : {}),
    Model: folder.name,
    ...variation(options),
    ...start(facts),
    ...hires(facts),
    ...unusual(options),
    Version: `steps-animation ${version}`,
  };
  const negative = options.negativePrompt === '' ? '' : `\nNegative prompt: ${options.negativePrompt}`;
  const lastLine = Object.entries(settings).map(([name, value]) => `${name}: ${quote(String(value))}`);
  return `${options.prompt}${negative}\n${lastLine.join(', ')}`.trim();
}

function variation(options: GenerationOptions) {
  const { variationStrength, variationSeed, seedResizeFromWidth, seedResizeFromHeight } = options;
  return {
    ...(variationStrength > 0 ? { 'Variation seed': variationSeed, 'Variation seed strength': variationStrength } : {}),
    ...(seedResizeFromWidth > 0 && seedResizeFromHeight > 0
      ? { 'Seed resize from': `${seedResizeFromWidth}x${seedResizeFromHeight}` }
      : {}),
  };
}

function start({ request }: InfotextFacts) {
  return request.start ? { 'Denoising strength': request.start.denoisingStrength } : {};
}

function hires({ options, request }: InfotextFacts) {
  if (!request.hires) return {};
  return {
    'Denoising strength': request.hires.denoisingStrength,
    'Hires upscale': options.hiresScale,
    ...(options.hiresSteps > 0 ? { 'Hires steps': options.hiresSteps } : {}),
    'Hires upscaler': options.hiresUpscaler,
  };
}

/** What differs from how most images are made. */
function unusual(options: GenerationOptions) {
  const { eta, sigmaMin, sigmaMax, rho, sChurn, sTmin, sTmax, sNoise, clipSkip, guidanceRescale, rng } = options;
  return {
    ...(clipSkip > 1 ? { 'Clip skip': clipSkip } : {}),
    ...(guidanceRescale > 0 ? { 'CFG Rescale': guidanceRescale } : {}),
    ...(eta === 'auto' ? {} : { Eta: eta }),
    ...(sigmaMin === 'auto' ? {} : { 'Schedule min sigma': sigmaMin }),
    ...(sigmaMax === 'auto' ? {} : { 'Schedule max sigma': sigmaMax }),
    ...(rho === 'auto' ? {} : { 'Schedule rho': rho }),
    ...(sChurn > 0 ? { 'Sigma churn': sChurn } : {}),
    ...(sTmin > 0 ? { 'Sigma tmin': sTmin } : {}),
    ...(sTmax === 'auto' ? {} : { 'Sigma tmax': sTmax }),
    ...(sNoise === 1 ? {} : { 'Sigma noise': sNoise }),
    ...(rng === 'cpu' ? { RNG: 'CPU' } : {}),
  };
}

function quote(value: string): string {
  return /[,:\n]/u.test(value) ? JSON.stringify(value) : value;
}
