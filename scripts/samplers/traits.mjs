// What samplers and schedulers do, measured by running them, so that the tables always match the code.
import { fileURLToPath } from 'node:url';
import { map } from '../../dist/diffusion/latent.js';
import { readModelFolder } from '../../dist/diffusion/networks/model-folder.js';
import { planPasses } from '../../dist/diffusion/passes.js';

const folder = await readModelFolder(fileURLToPath(new URL('../../models/emoji', import.meta.url)));

/** Enough for Restart to restart once. */
const defaultSteps = 20;
const start = { shape: [1, 1, 2, 2], data: Float32Array.of(0.3, -0.8, 1.1, -1.6) };

/** The plan of a run with the embedded model. */
export function planOf(sampler, steps, settings = {}) {
  const request = { sampler, scheduler: 'Automatic', steps, width: 128, height: 128, ...settings };
  return planPasses(request, folder)[0];
}

export async function traitsOf({ name }) {
  const normal = await run(name);
  const changes = async (settings, from = normal) => !sameNumbers((await run(name, settings)).data, from.data);
  const noisy = { eta: 1, churn: 5 };
  const effective = {
    eta: (await changes({ eta: 0 })) || (await changes({ eta: 1 })),
    's-churn': await changes({ churn: 5 }),
    's-noise': await changes({ ...noisy, noiseScale: 0.5 }, await run(name, noisy)),
  };
  return {
    noise: await noiseOf(effective, changes),
    evaluations: normal.evaluations,
    options: Object.keys(effective).filter((option) => effective[option]),
  };
}

/** Requested noise may be multiplied by 0: what counts is whether other noise changes the result. */
async function noiseOf(effective, changes) {
  if (await changes({ brownian: noiseLike(start, 7) })) return 'Brownian (SDE)';
  if (await changes({ noise: noiseLike(start, 7) })) return effective.eta ? 'ancestral' : 'fresh';
  return 'none';
}

/** The options that a scheduler's levels depend on. */
export function levelOptionsOf(scheduler) {
  const levels = (settings) => planOf('Euler', 10, { scheduler, ...settings }).sigmas;
  const changed = { 'sigma-min': { sigmaMin: 0.1 }, 'sigma-max': { sigmaMax: 8 }, rho: { rho: 3 } };
  return Object.keys(changed).filter((option) => !sameNumbers(levels(changed[option]), levels({})));
}

/** Samples with a formula in place of a model, and counts its evaluations. */
async function run(name, options = {}) {
  const { sampler, sigmas } = planOf(name, defaultSteps);
  let evaluations = 0;
  const guess = (latent, sigma) => map(latent, (value) => Math.tanh(value / (1 + sigma)) * 0.9);
  const denoiseBoth = async (latent, sigma) => {
    evaluations++;
    return { guided: guess(latent, sigma), unguided: guess(latent, sigma * 1.1) };
  };
  const steps = sampler.sample({
    denoise: async (latent, sigma) => (await denoiseBoth(latent, sigma)).guided,
    denoiseBoth,
    timestepAt: (sigma) => Math.log1p(sigma) * 300,
    latent: map(start, (value) => value * sigmas[0]),
    sigmas,
    noise: noiseLike(start, 1),
    brownian: noiseLike(start, 1),
    ...options,
  });
  for (;;) {
    const { value, done } = await steps.next();
    if (done) return { data: value.data, evaluations };
  }
}

function noiseLike(latent, seed) {
  let call = 0;
  return () => {
    call++;
    return map(latent, (value) => Math.sin(value * 9 + call * seed));
  };
}

function sameNumbers(a, b) {
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-6);
}
