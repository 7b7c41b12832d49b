// What samplers and schedulers do, found out by running them: so the tables cannot say anything else than the code.
import { fileURLToPath } from 'node:url';
import { map } from '../../dist/diffusion/latent.js';
import { readModelFolder } from '../../dist/diffusion/networks/model-folder.js';
import { planPasses } from '../../dist/diffusion/passes.js';

const folder = await readModelFolder(fileURLToPath(new URL('../../models/emoji', import.meta.url)));

/** Many enough for Restart to start again. */
const usualSteps = 20;
const start = { shape: [1, 1, 2, 2], data: Float32Array.of(0.3, -0.8, 1.1, -1.6) };

/** How a run of so many steps is planned for the embedded model. */
export function planOf(sampler, steps, settings = {}) {
  const request = { sampler, scheduler: 'Automatic', steps, width: 128, height: 128, ...settings };
  return planPasses(request, folder)[0];
}

export async function traitsOf({ name }) {
  const usual = await run(name);
  const changes = async (settings, from = usual) => !sameNumbers((await run(name, settings)).data, from.data);
  const noisy = { eta: 1, churn: 5 };
  const heeded = {
    eta: (await changes({ eta: 0 })) || (await changes({ eta: 1 })),
    's-churn': await changes({ churn: 5 }),
    's-noise': await changes({ ...noisy, noiseScale: 0.5 }, await run(name, noisy)),
  };
  return {
    noise: await noiseOf(heeded, changes),
    evaluations: usual.evaluations,
    options: Object.keys(heeded).filter((option) => heeded[option]),
  };
}

/** Noise may be asked for and then be multiplied by 0: what counts is whether other noise gives another result. */
async function noiseOf(heeded, changes) {
  if (await changes({ brownian: noiseLike(start, 7) })) return 'Brownian (SDE)';
  if (await changes({ noise: noiseLike(start, 7) })) return heeded.eta ? 'ancestral' : 'fresh';
  return 'none';
}

/** Which of the options that levels can depend on a scheduler heeds. */
export function levelOptionsOf(scheduler) {
  const levels = (settings) => planOf('Euler', 10, { scheduler, ...settings }).sigmas;
  const changed = { 'sigma-min': { sigmaMin: 0.1 }, 'sigma-max': { sigmaMax: 8 }, rho: { rho: 3 } };
  return Object.keys(changed).filter((option) => !sameNumbers(levels(changed[option]), levels({})));
}

/** Samples by a formula instead of a model, and counts how often it is asked. */
async function run(name, options = {}) {
  const { sampler, sigmas } = planOf(name, usualSteps);
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
