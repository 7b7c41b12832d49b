import { z } from 'zod';
import type { HttpClient, Program } from '../remote/http-client.js';

const refusalSchema = z.object({
  detail: z.union([z.string(), z.array(z.looseObject({ msg: z.string(), loc: z.array(z.unknown()).default([]) }))]),
});

export const invokeai: Program = {
  name: 'InvokeAI',
  kind: 'InvokeAI',
  ports: [9090],
  options: {
    taken: [
      ...(['prompt', 'negativePrompt', 'model', 'sampler', 'scheduler', 'steps', 'cfgScale', 'seed'] as const),
      ...(['width', 'height', 'clipSkip', 'guidanceRescale', 'rng', 'batchCount', 'batchSize'] as const),
    ],
    refused: { hiresScale: '' },
  },
  loginHint: 'start it without multiuser',
  reasonOf: (answer) => {
    const { data } = refusalSchema.safeParse(answer);
    if (typeof data?.detail !== 'object') return data?.detail;
    return data.detail.map(({ msg, loc }) => `${loc.slice(-2).join('.')}: ${msg}`).join('; ');
  },
};

/** Origin and path of its socket.io server. */
export function socketAddress({ url }: HttpClient): { readonly origin: string; readonly path: string } {
  return { origin: url.origin, path: `${url.pathname}ws/socket.io` };
}

const uploaded = z.object({ image_name: z.string() });

/** Sends a picture file, which stays out of the gallery; returns its name. */
export async function uploadPicture(
  client: HttpClient,
  png: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(png)], { type: 'image/png' }), 'steps-animation.png');
  const path = 'api/v1/images/upload?image_category=other&is_intermediate=true';
  return (await client.postForm(path, form, uploaded, { signal })).image_name;
}
