import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import send from '@fastify/send';
import type { FastifyReply } from 'fastify';
import { HttpError } from '../http-error.js';

/** How long clients may keep a copy, a year: finished files are never written anew. */
export const lasting = `private, max-age=${365 * 24 * 60 * 60}, immutable`;

/**
 * Sends a file, or the part of it that is asked for (RFC 9110, 14).
 * @param path absolute
 * @param download whether browsers shall save it rather than show it
 * @throws HttpError 404 when it has been taken away
 */
export async function sendFile(reply: FastifyReply, path: string, download = false): Promise<FastifyReply> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) throw new HttpError(404, `The file ${basename(path)} is not there any more.`);
  const options = { root: dirname(path), dotfiles: 'allow', cacheControl: false } as const;
  const name = encodeURIComponent(basename(path));
  const { statusCode, headers, stream } = await send(reply.request.raw, name, options);
  if (download) reply.header('content-disposition', contentDisposition(basename(path)));
  return reply.status(statusCode).headers(headers).header('cache-control', lasting).send(stream);
}

/** RFC 6266, with a name for clients that read ASCII alone. */
function contentDisposition(name: string): string {
  const ascii = name.replace(/[^ -~]|["\\%]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
