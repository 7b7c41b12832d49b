import type { BatchRequest, SamplingSettings } from './batch-request.js';
import { findSampler, findScheduler } from './names.js';
import type { ModelFolder } from './networks/model-folder.js';
import type { SamplerRow } from './samplers/index.js';
import { discardNextToLast, img2imgSteps, remainingSigmas } from './schedulers/shortening.js';

/** One way from noise to image, as it is planned. */
export type PlannedPass = {
  readonly kind: 'base' | 'hires';
  readonly sampler: SamplerRow;
  /** the scheduler's name */
  readonly scheduler: string;
  readonly settings: SamplingSettings;
  readonly width: number;
  readonly height: number;
  /** falling noise levels; nearly all schedules end on 0 */
  readonly sigmas: readonly number[];
  /** the lowest level above 0 and the highest of the whole schedule, of which `sigmas` may be the end */
  readonly lowestSigma: number;
  readonly highestSigma: number;
  /** how many steps there will be, and whether that is certain */
  readonly steps: number;
  readonly exact: boolean;
};

/**
 * The passes of a batch: one, or two with a hires pass.
 * @throws StepsAnimationError `usage` for samplers and schedulers that there are not, and levels that cannot be
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
  { width, height }: { readonly width: number; readonly height: number },
  denoisingStrength: number | undefined,
  { trainingSigmas, family }: ModelFolder,
): PlannedPass {
  const sampler = findSampler(settings.sampler);
  const { name, schedule } = findScheduler(settings.scheduler, sampler);
  const count =
    denoisingStrength === undefined
      ? { scheduled: settings.steps, taken: settings.steps }
      : img2imgSteps(settings.steps, denoisingStrength, kind === 'hires');
  const levels = (steps: number) => schedule({ ...optional(settings), trainingSigmas, steps, family });
  const all = sampler.discardNextToLast ? discardNextToLast(levels(count.scheduled + 1)) : levels(count.scheduled);
  const sigmas = denoisingStrength === undefined ? all : remainingSigmas(all, count);
  return {
    ...{ kind, sampler, scheduler: name, settings, width, height, sigmas },
    lowestSigma: all.findLast((sigma) => sigma > 0) ?? 0,
    highestSigma: all[0] ?? 0,
    ...(sampler.plan?.(sigmas) ?? { steps: sigmas.length - 1, exact: true }),
  };
}

function optional({ sigmaMin, sigmaMax, rho }: SamplingSettings) {
  return {
    ...(sigmaMin === undefined ? {} : { sigmaMin }),
    ...(sigmaMax === undefined ? {} : { sigmaMax }),
    ...(rho === undefined ? {} : { rho }),
  };
}
