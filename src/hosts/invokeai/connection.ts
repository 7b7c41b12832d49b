import { z } from 'zod';
import { HttpConnection } from '../remote/http-connection.js';

const refusalSchema = z.object({
  detail: z.union([z.string(), z.array(z.looseObject({ msg: z.string(), loc: z.array(z.unknown()).default([]) }))]),
});

/** HTTP with one InvokeAI. */
export class InvokeaiConnection extends HttpConnection {
  /** @throws StepsAnimationError `usage` for an address that cannot be */
  constructor(url: string) {
    super(url, { name: 'InvokeAI', example: 'http://127.0.0.1:9090', refusal });
  }

  /** origin and path of its socket.io server */
  get socketAddress(): { readonly origin: string; readonly path: string } {
    return { origin: this.url.origin, path: `${this.url.pathname}ws/socket.io` };
  }

  /** Gives InvokeAI a picture file, not for its gallery, and returns its name. */
  async upload(png: Buffer, signal?: AbortSignal): Promise<string> {
    const body = new FormData();
    body.append('file', new Blob([new Uint8Array(png)], { type: 'image/png' }), 'steps-animation.png');
    const path = 'api/v1/images/upload?image_category=other&is_intermediate=true';
    return (await this.form(path, body, z.object({ image_name: z.string() }), signal)).image_name;
  }
}

function refusal(answer: unknown): string | undefined {
  const { data } = refusalSchema.safeParse(answer);
  if (typeof data?.detail !== 'object') return data?.detail;
  return data.detail.map(({ msg, loc }) => `${loc.slice(-2).join('.')}: ${msg}`).join('; ');
}
