import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';
import { slope } from './slope.js';

const order = 3;
/** With fewer steps than these, the last ones are of lower order: the step to the lowest level is long in log σ then. */
const fewSteps = 15;

/**
 * DEIS: Zhang and Chen 2022, "Fast Sampling of Diffusion Models with Exponential Integrator", with the predicted noise
 * of up to three levels taken for a polynomial of log σ (their "ρAB-DEIS" in log ρ, as diffusers'
 * `DEISMultistepScheduler`).
 */
export const deis: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  const stepsAboveZero = sigmas.filter((sigma) => sigma > 0).length - 1;
  const isShort = sigmas.length - 1 < fewSteps;
  /** the newest first */
  const predictions: { readonly sigma: number; readonly noise: Latent }[] = [];
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    predictions.unshift({ sigma, noise: slope(x, denoised, sigma) });
    const highest = next === 0 ? 1 : isShort ? Math.min(order, stepsAboveZero - step + 1) : order;
    predictions.length = Math.min(predictions.length, highest);
    const logs = predictions.map((each) => Math.log(each.sigma));
    const terms = predictions.map(({ noise }, index) => [basisIntegral(logs, index, sigma, next), noise] as const);
    x = combine([1, x], ...terms);
  }
  return x;
};

/** The integral over σ of the polynomial of log σ that is 1 at `logs[index]` and 0 at the others. */
function basisIntegral(logs: readonly number[], index: number, from: number, to: number): number {
  const own = logs[index] ?? Number.NaN;
  const [a, b] = logs.filter((_, i) => i !== index);
  // ∫ u^n dσ with u = log σ, for n = 0, 1, 2
  const antiderivatives = (sigma: number): readonly [number, number, number] => {
    const u = Math.log(sigma);
    return sigma === 0 ? [0, 0, 0] : [sigma, sigma * (u - 1), sigma * (u ** 2 - 2 * u + 2)];
  };
  const [zeroth, first, second] = antiderivatives(to).map((value, n) => value - (antiderivatives(from)[n] ?? 0)) as [
    number,
    number,
    number,
  ];
  if (a === undefined) return zeroth;
  if (b === undefined) return (first - a * zeroth) / (own - a);
  return (second - (a + b) * first + a * b * zeroth) / ((own - a) * (own - b));
}
