import { z } from 'zod';
import { HttpConnection } from '../remote/http-connection.js';

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

/** HTTP with one ComfyUI. */
export class ComfyuiConnection extends HttpConnection {
  /** @throws StepsAnimationError `usage` for an address that cannot be */
  constructor(url: string) {
    super(url, { name: 'ComfyUI', example: 'http://127.0.0.1:8188', refusal });
  }

  /** where the socket of a client is */
  socketAddress(client: string): URL {
    const url = new URL(`ws?clientId=${client}`, this.url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url;
  }

  /** Gives ComfyUI a picture file and returns the name by which workflows load it. */
  async upload(name: string, png: Buffer, signal?: AbortSignal): Promise<string> {
    const body = new FormData();
    body.append('image', new Blob([new Uint8Array(png)], { type: 'image/png' }), name);
    body.append('type', 'temp');
    const answer = z.object({ name: z.string(), subfolder: z.string().default('') });
    const { name: given, subfolder } = await this.form('upload/image', body, answer, signal);
    return `${subfolder ? `${subfolder}/` : ''}${given} [temp]`;
  }
}

function refusal(answer: unknown): string | undefined {
  const { data } = refusalSchema.safeParse(answer);
  const nodes = Object.values(data?.node_errors ?? {}).flatMap(({ class_type: node, errors }) =>
    errors.map(({ message, details }) => `${node}: ${message}${details ? ` (${details})` : ''}`),
  );
  return nodes.join('; ') || (typeof data?.error === 'object' ? data.error.message : data?.error);
}
