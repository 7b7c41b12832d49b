import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions } from '../../options/generation-options.js';
import type { HostDescription } from '../host.js';
import { type FoundProgram, HttpClient, RefusedError, type RequestOptions } from '../remote/http-client.js';
import { cancelTimeoutMs } from '../remote/limits.js';
import { modelsAnswer, optionsAnswer, samplersAnswer, schedulersAnswer } from './answers.js';
import { webui } from './connection.js';

type Named = { readonly name: string; readonly aliases: readonly string[] };

export type Settings = Readonly<Record<string, unknown>>;

/** What a web UI has. */
export type Catalogue = {
  /** the loaded one first */
  readonly models: readonly Named[];
  readonly samplers: readonly Named[];
  /** undefined in old ones, where they are parts of the samplers' names */
  readonly schedulers: readonly Named[] | undefined;
  readonly settings: Settings;
};

/** In pixels: the size of images of requests without one; web UIs do not report the sizes of their models. */
const defaultSide = 512;
const settingsPath = 'sdapi/v1/options';

/** @throws StepsAnimationError `network` or `usage` */
export async function readCatalogue(client: HttpClient, options?: RequestOptions): Promise<Catalogue> {
  const [models, settings, samplers, schedulers] = await Promise.all([
    readModels(client, options),
    client.get(settingsPath, optionsAnswer, options),
    client.get('sdapi/v1/samplers', samplersAnswer, options),
    client.getOptional('sdapi/v1/schedulers', schedulersAnswer, options),
  ]);
  const loaded = settings.sd_model_checkpoint ?? '';
  const isLoaded = ({ name, aliases }: Named) => [name, ...aliases].includes(loaded);
  return {
    models: [...models.filter(isLoaded), ...models.filter((model) => !isLoaded(model))],
    samplers: samplers.map(({ name, aliases }) => ({ name, aliases: aliases ?? [] })),
    schedulers: schedulers?.map(({ name, label, aliases }) => ({
      name: label ?? name,
      aliases: [name, ...(aliases ?? [])],
    })),
    settings,
  };
}

async function readModels(client: HttpClient, options?: RequestOptions): Promise<readonly Named[]> {
  const models = await client.get('sdapi/v1/sd-models', modelsAnswer, options);
  return models.map(({ title, model_name: name }) => ({ name, aliases: [title, title.replace(/ \[.*\]$/u, '')] }));
}

/** The web UI at an address, with its models; undefined if there is none. */
export async function findWebui(url: string, options: RequestOptions): Promise<FoundProgram | undefined> {
  using client = new HttpClient(webui, url);
  const [models, ping] = await Promise.allSettled([
    readModels(client, options),
    client.bytes('internal/ping', options),
  ]);
  if (models.status === 'fulfilled') return { models: models.value.map(({ name }) => name) };
  const status = models.reason instanceof RefusedError ? models.reason.status : undefined;
  if (status === 401) return { models: [], problem: `it requires a login: ${webui.loginHint}` };
  // A web UI without its API still has this path of its page.
  if (status === 404 && ping.status === 'fulfilled') {
    return { models: [], problem: 'its API is switched off: start it with --api' };
  }
  return undefined;
}

/**
 * Restores the settings of a web UI. It does so itself after each image, but only those that its config file names:
 * before anybody has saved settings, those of one image would stay.
 * @param before the settings before the run
 * @param overridden those of the run
 */
export async function restoreSettings(client: HttpClient, before: Settings, overridden: Settings): Promise<void> {
  const options = { timeoutMs: cancelTimeoutMs, retries: 1 };
  const now: Settings = await client.get(settingsPath, optionsAnswer, options);
  const changed = Object.keys(overridden).filter((name) => name in before && now[name] !== before[name]);
  // Somebody has changed those that are neither as before nor as in the run.
  const ours = changed.filter((name) => name === 'sd_model_checkpoint' || now[name] === overridden[name]);
  if (ours.length === 0) return;
  const restored = Object.fromEntries(ours.map((name) => [name, before[name]]));
  await client.post(settingsPath, restored, z.unknown(), options);
}

/** Forge has settings of its own. */
export function isForge({ settings }: Catalogue): boolean {
  return Object.keys(settings).some((name) => name.startsWith('forge_'));
}

export function describeCatalogue({ models, samplers, schedulers }: Catalogue): HostDescription {
  return {
    models: models.map(({ name }) => ({ name, width: defaultSide, height: defaultSide })),
    samplers: samplers.map(({ name }) => name),
    schedulers: schedulers?.map(({ name }) => name) ?? ['Automatic'],
  };
}

/**
 * A web UI's own name of a model.
 * @throws StepsAnimationError `usage` for an unknown one: a web UI would take the loaded one instead
 */
export function chooseModel({ models }: Catalogue, wanted: string): string {
  return nameOf('model', models, wanted);
}

/**
 * Sampler and scheduler by the web UI's own names; no scheduler where that is part of the sampler's name.
 * @throws StepsAnimationError `usage`, listing what is possible
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
  const found = choice.find(({ name, aliases }) => [name, ...aliases].some((each) => each.toLowerCase() === key));
  if (found) return found.name;
  const names = choice.map(({ name }) => name).join(', ') || 'none';
  const message = `The web UI has no ${kind} ${JSON.stringify(wanted)}; it has: ${names}.`;
  throw new StepsAnimationError('usage', message);
}
