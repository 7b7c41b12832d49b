import { totalmem } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { samplers } from '../../diffusion/samplers/index.js';
import type { SamplerRow } from '../../diffusion/samplers/sampler.js';
import { schedulers } from '../../diffusion/schedulers/index.js';
import { StepsAnimationError } from '../../errors.js';
import type { HostDescription } from '../../hosts/host.js';
import { findModelFolder } from '../../models/stored-models.js';
import { HttpError } from '../http-error.js';
import type { ServiceInfo } from '../job-service.js';
import { scriptInfo, scriptName } from './steps-animation-script.js';

/** What the hosts have; only the names of samplers and schedulers that the embedded engine lacks are known. */
type Names = Pick<HostDescription, 'samplers' | 'schedulers'>;

/** What there is to choose from: samplers, schedulers, models, upscalers and scripts. */
export function addListRoutes(app: FastifyInstance, serviceInfo: ServiceInfo): void {
  const { outdir, device, hosts } = serviceInfo;
  const names = [scriptName];
  app.get('/sdapi/v1/samplers', async () => samplerItems(await hosts.describe()));
  app.get('/sdapi/v1/schedulers', async () => schedulerItems(await hosts.describe()));
  app.get('/sdapi/v1/sd-models', async () => await modelItems(serviceInfo));
  app.get('/sdapi/v1/upscalers', async () => upscalerItems);
  app.get('/sdapi/v1/latent-upscale-modes', async () => latentUpscaleModes);
  app.get('/sdapi/v1/scripts', async () => ({ txt2img: names, img2img: names }));
  app.get('/sdapi/v1/script-info', async () => scriptInfo());
  app.get('/sdapi/v1/embeddings', async () => ({ loaded: {}, skipped: {} }));
  app.get('/sdapi/v1/memory', async () => memory());
  app.get('/sdapi/v1/cmd-flags', async () => {
    const { model = null } = await hosts.describe();
    return { api: true, data_dir: outdir, ckpt: model, device };
  });
}

/** Names of samplers with noise from a Brownian tree, and of those that add fresh noise. */
const brownian = /SDE/;
const ancestral = / a$|^DPM (?:fast|adaptive)$/;

/** The rows of `GET /samplers`. */
function samplerItems({ samplers: names }: Names): unknown[] {
  return names.map((name) => {
    const row = samplers.find((sampler) => sampler.name === name);
    return { name, aliases: row?.aliases ?? [], options: row ? optionsOf(row) : {} };
  });
}

function optionsOf(row: SamplerRow): Record<string, unknown> {
  const { name, automaticScheduler: automatic, secondOrder, discardNextToLast } = row;
  return {
    ...(automatic === 'Uniform' || automatic === 'DDIM' ? {} : { scheduler: keyOf(automatic) }),
    ...(secondOrder && { second_order: true }),
    ...(discardNextToLast && { discard_next_to_last_sigma: true }),
    ...(brownian.test(name) && { brownian_noise: true }),
    ...(ancestral.test(name) && { uses_ensd: true }),
  };
}

/** -1 for schedulers without rho. */
const defaultRho: Readonly<Record<string, number>> = { Karras: 7, Polyexponential: 1 };
const needingModel = ['Uniform', 'SGM Uniform', 'Simple', 'Normal', 'DDIM', 'Beta', 'Turbo'];

/** The rows of `GET /schedulers`. */
function schedulerItems({ schedulers: names }: Names): unknown[] {
  return names.map((name) => ({
    name: keyOf(name),
    label: name,
    aliases: aliasesOf(name, schedulers).length > 0 ? aliasesOf(name, schedulers) : null,
    default_rho: defaultRho[name] ?? -1,
    need_inner_model: needingModel.includes(name),
  }));
}

/** `SGM Uniform` is `sgm_uniform`. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '_');
}

/**
 * The sampler and the scheduler of a request by the hosts' names. Older web UIs had both in one name, such as
 * `DPM++ 2M Karras`, which clients still send.
 * @throws HttpError 404 for an unknown sampler
 * @throws StepsAnimationError `usage` for an unknown scheduler
 */
export function chooseSampler(
  samplerName: string,
  schedulerName: string | null,
  names: Names,
): { readonly sampler: string; readonly scheduler: string } {
  const whole = nameOf(samplerName, names.samplers, samplers);
  if (whole !== undefined) return { sampler: whole, scheduler: schedulerOf(schedulerName, names.schedulers) };
  for (const scheduler of names.schedulers) {
    const endings = [scheduler, ...aliasesOf(scheduler, schedulers)];
    const ending = endings.find((each) => samplerName.toLowerCase().endsWith(` ${each.toLowerCase()}`));
    const sampler = nameOf(samplerName.slice(0, -(ending?.length ?? 0) - 1), names.samplers, samplers);
    if (ending !== undefined && sampler !== undefined) return { sampler, scheduler };
  }
  throw new HttpError(404, 'Sampler not found');
}

function schedulerOf(name: string | null, names: readonly string[]): string {
  if (!name || name.toLowerCase() === 'automatic') return 'Automatic';
  const found = nameOf(name, names, schedulers) ?? names.find((each) => keyOf(each) === name.toLowerCase());
  if (found !== undefined) return found;
  const message = `There is no scheduler "${name}"; choose one of: ${names.join(', ')}.`;
  throw new StepsAnimationError('usage', message);
}

type Aliased = { readonly name: string; readonly aliases: readonly string[] };

/** Finds a name by itself or by an alias, ignoring case. */
function nameOf(wanted: string, names: readonly string[], rows: readonly Aliased[]): string | undefined {
  const key = wanted.toLowerCase();
  return names.find((name) => [name, ...aliasesOf(name, rows)].some((each) => each.toLowerCase() === key));
}

function aliasesOf(name: string, rows: readonly Aliased[]): readonly string[] {
  return rows.find((row) => row.name === name)?.aliases ?? [];
}

/** The rows of `GET /sd-models`; the files of other hosts are not known. */
async function modelItems({ hosts, modelsFolders }: ServiceInfo): Promise<unknown[]> {
  const { models } = await hosts.describe();
  return await Promise.all(
    models.map(async ({ name }) => ({
      ...{ title: name, model_name: name, hash: null, sha256: null },
      filename: await findModelFolder(name, modelsFolders).catch(() => name),
      config: null,
    })),
  );
}

/** The rows of `GET /upscalers`, which enlarge decoded pictures. */
export const upscalerItems = ['None', 'Lanczos'].map((name) => ({
  ...{ name, model_name: null, model_path: null, model_url: null, scale: 4 },
}));

/** The rows of `GET /latent-upscale-modes`, which enlarge latents. */
const latentUpscaleModes = [{ name: 'Latent' }];

/** `GET /memory` in bytes; that of a GPU is not known. */
function memory(): unknown {
  const { rss: used } = process.memoryUsage();
  const total = totalmem();
  return { ram: { free: total - used, used, total }, cuda: { error: 'unavailable' } };
}
