import type { BatchRequest, SamplingSettings, Size } from './batch-request.js';
import { findSampler, findScheduler } from './names.js';
import type { ModelFolder } from './networks/model-folder.js';
import type { SamplerRow } from './samplers/sampler.js';

/** The plan of one pass from noise to image. */
export type PlannedPass = Size & {
  readonly kind: 'base' | 'hires';
  readonly sampler: SamplerRow;
  /** Name of the scheduler. */
  readonly scheduler: string;
  readonly settings: SamplingSettings;
  /** Noise levels, strictly falling; nearly all schedules end on 0. */
  readonly sigmas: readonly number[];
  /** The lowest level above 0 of the whole schedule, of which `sigmas` may be the end. */
  readonly lowestSigma: number;
  readonly highestSigma: number;
  /** How many steps the sampler takes, and whether that is exact. */
  readonly steps: number;
  readonly exact: boolean;
};

/**
 * The passes of a batch: one, or two with a hires pass.
 * @throws StepsAnimationError `usage` for unknown samplers and schedulers, and for an empty range of noise levels
 */
export function planPasses(request: BatchRequest, folder: ModelFolder): readonly PlannedPass[] {
  const { start, hires } = request;
  const base = planPass('base', request, request, start?.denoisingStrength, folder);
  if (!hires) return [base];
  return [base, planPass('hires', hires, hires, hires.denoisingStrength, folder)];
}

function planPass(
  kind: PlannedPass['kind'],
  settings: SamplingSettings,
  { width, height }: Size,
  denoisingStrength: number | undefined,
  { trainingSigmas, family }: ModelFolder,
): PlannedPass {
  const sampler = findSampler(settings.sampler);
  const { name, schedule } = findScheduler(settings.scheduler, sampler);
  const { sigmaMin, sigmaMax, rho } = settings;
  const count =
    denoisingStrength === undefined
      ? { scheduled: settings.steps, taken: settings.steps }
      : img2imgSteps(settings.steps, denoisingStrength, kind === 'hires');
  const levels = (steps: number) => schedule({ sigmaMin, sigmaMax, rho, trainingSigmas, steps, family });
  const all = sampler.discardNextToLast ? discardNextToLast(levels(count.scheduled + 1)) : levels(count.scheduled);
  const sigmas = denoisingStrength === undefined ? all : remainingSigmas(all, count);
  return {
    ...{ kind, sampler, scheduler: name, settings, width, height, sigmas },
    lowestSigma: all.findLast((sigma) => sigma > 0) ?? 0,
    highestSigma: all[0] ?? 0,
    ...(sampler.plan?.(sigmas) ?? { steps: sigmas.length - 1, exact: true }),
  };
}

/** How many evaluations of the model web UIs count for the edits of prompts. */
export function evaluationsOf({ sampler, steps }: Pick<SamplingSettings, 'sampler' | 'steps'>): number {
  return findSampler(sampler).secondOrder ? steps * 2 : steps;
}

/** For how many steps a schedule is made, and how many of its last ones are taken. */
type Img2imgSteps = { readonly scheduled: number; readonly taken: number };

/**
 * The number of steps from a picture, as AUTOMATIC1111's web UI counts them: by default the share `denoisingStrength`
 * (0 to 1) of `steps`, plus one; with `exactSteps` (the web UI's "do exactly the amount of steps", always on in the
 * hires pass) all `steps`, of a schedule that is longer by as much.
 */
export function img2imgSteps(steps: number, denoisingStrength: number, exactSteps = false): Img2imgSteps {
  const strength = Math.min(denoisingStrength, 0.999);
  if (exactSteps) return { scheduled: Math.floor(steps / Math.max(strength, 0.001)), taken: steps };
  return { scheduled: steps, taken: Math.floor(strength * steps) + 1 };
}

/**
 * The levels of the last `taken` steps of a schedule, or of all if there are fewer. Counted from the end, because
 * DDIM's schedules are often longer than requested. The first is the level of the noise to add to the picture.
 */
export function remainingSigmas(sigmas: readonly number[], { taken }: Pick<Img2imgSteps, 'taken'>): readonly number[] {
  return sigmas.slice(Math.max(0, sigmas.length - 1 - taken));
}

/** Drops the level before the final 0, as second-order samplers want; schedule one more step for it. */
export function discardNextToLast(sigmas: readonly number[]): readonly number[] {
  return [...sigmas.slice(0, -2), ...sigmas.slice(-1)];
}
