import { z } from 'zod';
import type { HttpClient, Program } from '../remote/http-client.js';

const refusalSchema = z.object({
  error: z.union([z.string(), z.looseObject({ message: z.string(), details: z.string().default('') })]).optional(),
  node_errors: z
    .record(
      z.string(),
      z.looseObject({
        class_type: z.string().default('a node'),
        errors: z.array(z.looseObject({ message: z.string(), details: z.string().default('') })),
      }),
    )
    .optional()
    .catch(undefined),
});

export const comfyui: Program = {
  name: 'ComfyUI',
  kind: 'ComfyUI',
  ports: [8188],
  // With the built-in workflow.
  options: {
    taken: [
      ...(['prompt', 'negativePrompt', 'model', 'sampler', 'scheduler', 'steps', 'cfgScale', 'seed'] as const),
      ...(['width', 'height', 'clipSkip', 'preview', 'batchCount', 'batchSize'] as const),
    ],
    refused: { hiresScale: 'or use a --workflow of your own' },
  },
  loginHint: 'this host cannot log in',
  reasonOf: (answer) => {
    const { data } = refusalSchema.safeParse(answer);
    const nodes = Object.values(data?.node_errors ?? {}).flatMap(({ class_type: node, errors }) =>
      errors.map(({ message, details }) => `${node}: ${message}${details ? ` (${details})` : ''}`),
    );
    return nodes.join('; ') || (typeof data?.error === 'object' ? data.error.message : data?.error);
  },
};

/** The address of the socket of one client. */
export function socketUrl({ url }: HttpClient, clientId: string): URL {
  const socket = new URL(`ws?clientId=${clientId}`, url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return socket;
}

const uploaded = z.object({ name: z.string(), subfolder: z.string().default('') });

/** Sends a picture file; returns the name by which workflows load it. */
export async function uploadPicture(
  client: HttpClient,
  name: string,
  png: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  const form = new FormData();
  form.append('image', new Blob([new Uint8Array(png)], { type: 'image/png' }), name);
  form.append('type', 'temp');
  const { name: given, subfolder } = await client.postForm('upload/image', form, uploaded, { signal });
  return `${subfolder ? `${subfolder}/` : ''}${given} [temp]`;
}
