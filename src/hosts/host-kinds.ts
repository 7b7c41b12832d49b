import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { StepsAnimationError } from '../errors.js';
import { hasCode } from '../util/error-message.js';
import { comfyui } from './comfyui/connection.js';
import type { EmbeddedHostSettings } from './embedded/host.js';
import type { Host } from './host.js';
import { invokeai } from './invokeai/connection.js';
import { defaultUrlOf, type FoundProgram, type Program, type RequestOptions } from './remote/http-client.js';
import { webui } from './webui/connection.js';

/** How a host is reached, or what the embedded one runs on. */
export type HostSettings = {
  /** http or https; the default port of the program on this machine if left out */
  readonly url?: string;
  /** `user:password` */
  readonly auth?: string;
  /** path of a file with the workflow that makes the images; `-` is standard input */
  readonly workflow?: string;
  readonly embedded?: EmbeddedHostSettings;
};

/** A row of the table of hosts. */
type HostKind = {
  /** the programs that it stands for */
  readonly label: string;
  /** the settings that it takes besides `embedded` */
  readonly takes: readonly ('url' | 'auth' | 'workflow')[];
  /** Opens a host; its code is loaded only now. */
  readonly open: (settings: HostSettings) => Promise<Host & AsyncDisposable>;
  /** how it is found; undefined for the embedded one */
  readonly remote?: {
    readonly program: Program;
    /** Looks for the program at an address. */
    readonly find: (url: string, options: RequestOptions) => Promise<FoundProgram | undefined>;
  };
};

/** Every kind of host, by its name in `--host`. Another one is a folder and a row here. */
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
      return createComfyuiHost({ url, workflow: workflow === undefined ? undefined : await readWorkflow(workflow) });
    },
    remote: {
      program: comfyui,
      find: async (url, options) => (await import('./comfyui/catalogue.js')).findComfyui(url, options),
    },
  },
  invokeai: {
    label: 'InvokeAI',
    takes: ['url'],
    open: async ({ url }) => (await import('./invokeai/host.js')).createInvokeaiHost({ url }),
    remote: {
      program: invokeai,
      find: async (url, options) => (await import('./invokeai/catalogue.js')).findInvokeai(url, options),
    },
  },
  webui: {
    label: 'AUTOMATIC1111, Forge',
    takes: ['url', 'auth'],
    open: async ({ url, auth }) => (await import('./webui/host.js')).createWebuiHost({ url, auth }),
    remote: {
      program: webui,
      find: async (url, options) => (await import('./webui/catalogue.js')).findWebui(url, options),
    },
  },
};

export const hostNames: readonly string[] = Object.keys(hostKinds);

/**
 * The address of a host whose address may have been left out; undefined for the embedded one.
 * @param kind a name of `hostKinds`
 */
export function addressOf(kind: string, url: string | null | undefined): string | undefined {
  const program = hostKinds[kind]?.remote?.program;
  return url ?? (program && defaultUrlOf(program));
}

async function readWorkflow(path: string): Promise<unknown> {
  try {
    return JSON.parse(path === '-' ? await text(process.stdin) : await readFile(path, 'utf8'));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) {
      throw new StepsAnimationError('usage', `There is no file ${path} for --workflow: check its name.`, { cause });
    }
    const source = path === '-' ? 'on standard input' : path;
    const message = `The workflow ${source} cannot be read: give a file that ComfyUI saved with Workflow, Export (API).`;
    throw new StepsAnimationError('input', message, { cause });
  }
}
