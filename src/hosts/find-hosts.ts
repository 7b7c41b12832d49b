import { z } from 'zod';
import { modelsAnswer } from './webui/answers.js';

/** A program that generates images and answers at an address. */
export type FoundHost = {
  readonly url: string;
  readonly kind: 'webui' | 'comfyui' | 'invokeai';
  readonly models: readonly string[];
  /** why it cannot be used as it is, and what to do */
  readonly problem?: string;
};

/** Where hosts listen if nobody says otherwise: web UIs, ComfyUI, InvokeAI. */
const usualPorts = [7860, 7861, 8188, 9090];
/** Milliseconds for all that is asked at one address. */
const patience = 1000;

/**
 * Looks for hosts on this machine, at all the usual addresses at once.
 * @param known addresses that are left out
 */
export async function findHosts(
  known: readonly (string | undefined)[] = [],
  ports: readonly number[] = usualPorts,
): Promise<readonly FoundHost[]> {
  const places = new Set(known.map((url) => url && new URL(url).host.replace(/^localhost(?=:|$)/u, '127.0.0.1')));
  const others = ports.filter((port) => !places.has(`127.0.0.1:${port}`));
  const found = await Promise.all(others.map((port) => findHost(`http://127.0.0.1:${port}`)));
  return found.filter((host) => host !== undefined);
}

type Answer = { readonly status: number; readonly json: unknown };

async function findHost(url: string): Promise<FoundHost | undefined> {
  const signal = AbortSignal.timeout(patience);
  const ask = async (path: string): Promise<Answer | undefined> => {
    try {
      const response = await fetch(`${url}${path}`, { signal, redirect: 'manual' });
      return { status: response.status, json: await response.json().catch(() => undefined) };
    } catch {
      return undefined;
    }
  };
  const kinds = await Promise.all([webuiAt(url, ask), comfyuiAt(url, ask), invokeaiAt(url, ask)]);
  return kinds.find((host) => host !== undefined);
}

type Ask = (path: string) => Promise<Answer | undefined>;

async function webuiAt(url: string, ask: Ask): Promise<FoundHost | undefined> {
  const [models, ping] = await Promise.all([ask('/sdapi/v1/sd-models'), ask('/internal/ping')]);
  const { success, data } = modelsAnswer.safeParse(models?.json);
  if (success) return { url, kind: 'webui', models: data.map(({ model_name }) => model_name) };
  if (models?.status === 401) {
    return { url, kind: 'webui', models: [], problem: 'it wants a login: add --host-auth user:password' };
  }
  // A web UI without its API has this of its page all the same.
  if (ping?.status === 200 && models?.status === 404) {
    return { url, kind: 'webui', models: [], problem: 'its API is switched off: start it with --api' };
  }
  return undefined;
}

const comfyuiAnswer = z.object({ system: z.object({ comfyui_version: z.string() }) });
const checkpointsAnswer = z.object({
  CheckpointLoaderSimple: z.object({
    input: z.object({ required: z.object({ ckpt_name: z.tuple([z.array(z.string())]).rest(z.unknown()) }) }),
  }),
});

async function comfyuiAt(url: string, ask: Ask): Promise<FoundHost | undefined> {
  const [stats, nodes] = await Promise.all([ask('/system_stats'), ask('/object_info/CheckpointLoaderSimple')]);
  if (!comfyuiAnswer.safeParse(stats?.json).success) return undefined;
  const { data } = checkpointsAnswer.safeParse(nodes?.json);
  return { url, kind: 'comfyui', models: data?.CheckpointLoaderSimple.input.required.ckpt_name[0] ?? [] };
}

const versionAnswer = z.object({ version: z.string() });
const mainModelsAnswer = z.object({ models: z.array(z.looseObject({ name: z.string() })) });

async function invokeaiAt(url: string, ask: Ask): Promise<FoundHost | undefined> {
  const [version, models] = await Promise.all([ask('/api/v1/app/version'), ask('/api/v2/models/?model_type=main')]);
  if (!versionAnswer.safeParse(version?.json).success) return undefined;
  if (models?.status === 401) {
    return { url, kind: 'invokeai', models: [], problem: 'it wants a login: start it without multiuser' };
  }
  const { data } = mainModelsAnswer.safeParse(models?.json);
  return { url, kind: 'invokeai', models: data?.models.map(({ name }) => name) ?? [] };
}
