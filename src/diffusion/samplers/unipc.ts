import { combine, type Latent, type WeightedLatent } from '../latent.js';
import type { Sampler } from './sampler.js';
import { intervals } from './steps.js';

const order = 3;

type Prediction = { readonly denoised: Latent; readonly sigma: number };

/**
 * UniPC: Zhao et al. 2023, "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models",
 * Algorithms 5 to 8, of order 3 with data prediction and B(h) = h, in λ = -log σ. The prediction at
 * the start of a step also corrects the step before, so there is one evaluation a step.
 */
export const unipc: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  let start = x;
  /** Newest first. */
  let predictions: Prediction[] = [];
  let used = 1;
  const stepsAboveZero = sigmas.filter((sigma) => sigma > 0).length - 1;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (predictions.length > 0) x = stepTo(start, sigma, predictions.slice(0, used), { denoised, sigma });
    predictions = [{ denoised, sigma }, ...predictions].slice(0, order);
    // Of lower order towards the lowest level, as the paper advises for few steps: that step is long in log σ.
    used = Math.max(1, Math.min(order, predictions.length, stepsAboveZero - step + 1));
    start = x;
    x = stepTo(start, next, predictions.slice(0, used));
  }
  return x;
};

/** From the newest prediction's level to `sigma`: the predictor or, with the prediction made `there`, the corrector. */
function stepTo(start: Latent, sigma: number, predictions: readonly Prediction[], there?: Prediction): Latent {
  const [newest, ...older] = predictions;
  if (!newest) return start;
  if (sigma === 0) return newest.denoised;
  const h = Math.log(newest.sigma / sigma);
  const others = there ? [...older, there] : older;
  const ratios = others.map((prediction) => Math.log(newest.sigma / prediction.sigma) / h);
  const shares = sharesOf(ratios, -h);
  const terms = others.flatMap((prediction, i): WeightedLatent[] => {
    const weight = (h * (shares[i] ?? 0)) / (ratios[i] ?? 1);
    return [
      [weight, prediction.denoised],
      [-weight, newest.denoised],
    ];
  });
  return combine([sigma / newest.sigma, start], [-Math.expm1(-h), newest.denoised], ...terms);
}

/** The solution of the paper's equation 5, R ρ = φ / B(h); with one unknown the paper takes 1/2. */
function sharesOf(ratios: readonly number[], negativeH: number): readonly number[] {
  const [first, second, third] = ratios;
  if (first === undefined) return [];
  if (second === undefined) return [1 / 2];
  let phi = Math.expm1(negativeH) / negativeH - 1;
  let factorial = 1;
  const right = ratios.map((_, i) => {
    const value = (phi * factorial) / negativeH;
    factorial *= i + 2;
    phi = phi / negativeH - 1 / factorial;
    return value;
  });
  const [b0 = 0, b1 = 0, b2 = 0] = right;
  if (third !== undefined) return vandermonde(first, second, third, b0, b1, b2);
  const ofSecond = (b1 - first * b0) / (second - first);
  return [b0 - ofSecond, ofSecond];
}

/** Solves x + y + z = b0, ax + by + cz = b1, a²x + b²y + c²z = b2. */
function vandermonde(a: number, b: number, c: number, b0: number, b1: number, b2: number): readonly number[] {
  const solve = (own: number, p: number, q: number) => (b2 - (p + q) * b1 + p * q * b0) / ((own - p) * (own - q));
  return [solve(a, b, c), solve(b, a, c), solve(c, a, b)];
}
