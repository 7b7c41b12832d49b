import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions } from '../../options/generation-options.js';
import type { HostDescription } from '../host.js';
import { modelsAnswer, optionsAnswer, samplersAnswer, schedulersAnswer } from './answers.js';
import type { WebuiConnection } from './connection.js';
import type { Settings } from './settings.js';

type Named = { readonly name: string; readonly others: readonly string[] };

/** What a web UI has. */
export type Catalogue = {
  /** the loaded one first */
  readonly models: readonly Named[];
  readonly samplers: readonly Named[];
  /** undefined in old ones, where they are parts of the samplers' names */
  readonly schedulers: readonly Named[] | undefined;
  readonly settings: Settings;
};

/** Milliseconds; a web UI that loads a model answers late. */
const patience = 30_000;
/** Pixels; what web UIs make where no size is asked for. They do not tell their models' own. */
const usualSide = 512;

/** @throws StepsAnimationError `network` or `usage` */
export async function readCatalogue(connection: WebuiConnection, signal?: AbortSignal): Promise<Catalogue> {
  const asking = { milliseconds: patience, ...(signal && { signal }) };
  const [models, options, samplers, schedulers] = await Promise.all([
    connection.get('/sdapi/v1/sd-models', modelsAnswer, asking),
    connection.get('/sdapi/v1/options', optionsAnswer, asking),
    connection.get('/sdapi/v1/samplers', samplersAnswer, asking),
    connection.getIfThere('/sdapi/v1/schedulers', schedulersAnswer, asking),
  ]);
  const loaded = options.sd_model_checkpoint ?? '';
  const named = models.map(({ title, model_name: name }) => ({ name, others: [title, title.replace(/ \[.*\]$/, '')] }));
  const isLoaded = ({ name, others }: Named) => [name, ...others].includes(loaded);
  return {
    models: [...named.filter(isLoaded), ...named.filter((model) => !isLoaded(model))],
    samplers: samplers.map(({ name, aliases }) => ({ name, others: aliases ?? [] })),
    schedulers: schedulers?.map(({ name, label, aliases }) => ({
      name: label ?? name,
      others: [name, ...(aliases ?? [])],
    })),
    settings: options,
  };
}

/** Settings of its own tell Forge. */
export function isForge({ settings }: Catalogue): boolean {
  return Object.keys(settings).some((name) => name.startsWith('forge_'));
}

export function describeCatalogue({ models, samplers, schedulers }: Catalogue): HostDescription {
  return {
    models: models.map(({ name }) => ({ name, width: usualSide, height: usualSide })),
    samplers: samplers.map(({ name }) => name),
    schedulers: schedulers?.map(({ name }) => name) ?? ['Automatic'],
  };
}

/**
 * The name under which a web UI has the model.
 * @throws StepsAnimationError `usage`: left to itself, a web UI would take the loaded one instead
 */
export function chooseModel({ models }: Catalogue, wanted: string): string {
  return nameOf('model', models, wanted);
}

/**
 * Sampler and scheduler by the web UI's own names; no scheduler where that is part of the sampler's name.
 * @throws StepsAnimationError `usage`, with what there is
 */
export function chooseSampler(
  { samplers, schedulers }: Catalogue,
  { sampler, scheduler }: Pick<GenerationOptions, 'sampler' | 'scheduler'>,
): { readonly sampler: string; readonly scheduler: string | undefined } {
  if (schedulers) {
    return { sampler: nameOf('sampler', samplers, sampler), scheduler: nameOf('scheduler', schedulers, scheduler) };
  }
  const whole = scheduler === 'Automatic' ? sampler : `${sampler} ${scheduler}`;
  return { sampler: nameOf('sampler', samplers, whole), scheduler: undefined };
}

function nameOf(kind: string, choice: readonly Named[], wanted: string): string {
  const key = wanted.toLowerCase();
  const found = choice.find(({ name, others }) => [name, ...others].some((each) => each.toLowerCase() === key));
  if (found) return found.name;
  const names = choice.map(({ name }) => name).join(', ') || 'none';
  const message = `The web UI has no ${kind} ${JSON.stringify(wanted)}; it has: ${names}.`;
  throw new StepsAnimationError('usage', message);
}
