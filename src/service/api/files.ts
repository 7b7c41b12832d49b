import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import send from '@fastify/send';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { HttpError } from '../http-error.js';
import { versionOf } from '../library/movie-files.js';

/** Lets clients keep a copy for a year: for addresses that change with the content. */
export const immutable = `private, max-age=${365 * 24 * 60 * 60}, immutable`;

/** The query of routes of files: `download`, with any value, makes browsers save the file. */
export const downloadQuery = z.object({ download: z.string().optional() });

/** The query of routes of files whose addresses contain the version that they had. */
export const versionQuery = z.object({ v: z.string().optional().describe('version of the file') });

/** Clients keep what they get under the address of its present version; else they ask whether it has changed. */
export function cachingOf(version: string, { v }: z.output<typeof versionQuery>): string {
  return v === version ? immutable : 'private, no-cache';
}

/**
 * Sends a file, or the part of it that is requested (RFC 9110, section 14).
 * @param path absolute
 * @throws HttpError 404 when it no longer exists, 416 or 412 when the request's conditions do not hold
 */
export async function sendFile(
  reply: FastifyReply,
  path: string,
  { download, ...query }: z.output<typeof downloadQuery> & z.output<typeof versionQuery>,
): Promise<FastifyReply> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) throw new HttpError(404, `The file ${basename(path)} no longer exists.`);
  const options = { root: dirname(path), dotfiles: 'allow', cacheControl: false } as const;
  const name = encodeURIComponent(basename(path));
  const { statusCode, headers, stream, type } = await send(reply.request.raw, name, options);
  if (type === 'error') {
    const { 'Content-Range': range } = headers;
    const message = `The requested part of ${basename(path)} does not exist, or the file has changed.`;
    throw new HttpError(statusCode, message, range === undefined ? {} : { 'content-range': range });
  }
  if (download !== undefined) reply.header('content-disposition', contentDisposition(basename(path)));
  return reply
    .status(statusCode)
    .headers(headers)
    .header('cache-control', cachingOf(versionOf(stats), query))
    .send(stream);
}

/** RFC 6266, with a second name for clients that only read ASCII. */
function contentDisposition(name: string): string {
  const ascii = name.replace(/[^ -~]|["\\%]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
