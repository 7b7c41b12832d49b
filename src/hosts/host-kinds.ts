import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { StepsAnimationError } from '../errors.js';
import type { EmbeddedHostSettings } from './embedded/host.js';
import type { Host } from './host.js';

/** How a host is reached, or, for the embedded one, what it runs on. */
export type HostSettings = {
  /** http or https */
  readonly url?: string;
  /** `user:password` */
  readonly auth?: string;
  /** path of a file with the workflow that makes the images; `-` is standard input */
  readonly workflow?: string;
  readonly embedded?: EmbeddedHostSettings;
};

/** A row of the table of hosts. */
type HostKind = {
  /** the programs that it is */
  readonly label: string;
  /** what of the settings it takes beside `embedded` */
  readonly takes: readonly ('url' | 'auth' | 'workflow')[];
  /** Loads the host's code only now. */
  readonly open: (settings: HostSettings) => Promise<Host & AsyncDisposable>;
};

/** Every host that a request can be sent to, by its name. */
export const hostKinds: Readonly<Record<string, HostKind>> = {
  embedded: {
    label: 'the engine of this package',
    takes: [],
    open: async ({ embedded }) => (await import('./embedded/host.js')).createEmbeddedHost(embedded),
  },
  comfyui: {
    label: 'ComfyUI',
    takes: ['url', 'workflow'],
    open: async ({ url, workflow }) => {
      const { createComfyuiHost } = await import('./comfyui/host.js');
      const own = workflow === undefined ? {} : { workflow: await readWorkflow(workflow) };
      return createComfyuiHost({ ...(url !== undefined && { url }), ...own });
    },
  },
  invokeai: {
    label: 'InvokeAI',
    takes: ['url'],
    open: async ({ url }) =>
      (await import('./invokeai/host.js')).createInvokeaiHost({ ...(url !== undefined && { url }) }),
  },
  webui: {
    label: 'AUTOMATIC1111, Forge',
    takes: ['url', 'auth'],
    open: async (settings) => (await import('./webui/host.js')).createWebuiHost(settings),
  },
};

export const hostNames: readonly string[] = Object.keys(hostKinds);

async function readWorkflow(path: string): Promise<unknown> {
  try {
    return JSON.parse(path === '-' ? await text(process.stdin) : await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new StepsAnimationError('usage', `There is no file ${path} for --workflow: check its name.`, { cause });
    }
    const source = path === '-' ? 'on standard input' : path;
    const message = `The workflow ${source} cannot be read: give a file that ComfyUI saved with Workflow, Export (API).`;
    throw new StepsAnimationError('input', message, { cause });
  }
}
