import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { StepsAnimationError } from '../errors.js';
import { disconnected } from './hub-connection.js';
import type { HubFile } from './hub-files.js';

export type FileDownload = {
  readonly file: HubFile;
  readonly url: string;
  /** absolute; what has come waits in `<path>.part` */
  readonly path: string;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** told by how many bytes more, or fewer when they were of no use, the file has come */
  readonly onBytes: (bytes: number) => void;
};

/** How often a connection is made again that brings nothing, and the first pause before that in milliseconds. */
const tries = 4;
const firstPause = 250;

/**
 * Brings a file, from where an earlier download stopped, and gives it its name when its checksum is right.
 * @throws StepsAnimationError `network` when no connection lasts, `input` for other content than the hub tells of,
 *   what `fetch` throws, and errors of the file system as they are
 */
export async function downloadFile(download: FileDownload): Promise<void> {
  const { file, path, signal } = download;
  const part = partOf(path);
  await mkdir(dirname(path), { recursive: true });
  const isResumed = (await sizeOf(part)) > 0;
  await bringAll(download);
  if (isResumed && !(await isWhole(part, file, signal))) {
    // The part was of another version of the file, or two pulls wrote to it.
    await discardPart(download);
    await bringAll(download);
  }
  if (!(await isWhole(part, file, signal))) {
    await discardPart(download);
    throw new StepsAnimationError(
      'input',
      `${file.path} did not come as the hub describes it (wrong checksum), and was thrown away: pull again.`,
    );
  }
  await rename(part, path);
}

/** The name of a file that is not whole yet. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** In bytes; 0 where there is no such file. */
export async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Whether a file is there with the size and the checksum that the hub tells. */
export async function isWhole(path: string, { size, checksum }: HubFile, signal: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== size) return false;
  const hash = createHash(checksum.algorithm === 'sha256' ? 'sha256' : 'sha1');
  // https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: what git hashes begins so.
  if (checksum.algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk);
  return hash.digest('hex') === checksum.value;
}

/** Connects again and again while that helps. */
async function bringAll(download: FileDownload): Promise<void> {
  const { file, path, signal } = download;
  let failures = 0;
  for (;;) {
    const before = await sizeOf(partOf(path));
    if (before === file.size && before > 0) return;
    try {
      return await bringRest(download, before);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StepsAnimationError) || error.code !== 'network') throw error;
      failures = (await sizeOf(partOf(path))) > before ? 1 : failures + 1;
      if (failures === tries) throw error;
      await setTimeout(firstPause * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

async function bringRest(download: FileDownload, offset: number): Promise<void> {
  const { file, url, path, signal, onBytes } = download;
  if (offset > file.size) return await bringFromStart(download);
  const range = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
  const response = await download.fetch(url, { signal, headers: { 'accept-encoding': 'identity', ...range } });
  if (offset > 0 && response.headers.get('content-range') !== `bytes ${offset}-${file.size - 1}/${file.size}`) {
    await response.body?.cancel();
    return await bringFromStart(download);
  }
  let size = offset;
  async function* count(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > file.size) throw new StepsAnimationError('input', `${file.path} is larger than the hub tells.`);
      onBytes(chunk.length);
      yield chunk;
    }
  }
  const target = createWriteStream(partOf(path), { flags: offset > 0 ? 'a' : 'w', flush: true });
  await pipeline(response.body ?? Readable.from([]), count, target, { signal }).catch((cause: unknown) => {
    throw isOfFileSystem(cause) || cause instanceof StepsAnimationError ? cause : disconnected(url, cause);
  });
  if (size < file.size) throw disconnected(url, 'it ended too early');
}

/** For a part that is too long, and for servers that do not go on where they are asked to. */
async function bringFromStart(download: FileDownload): Promise<void> {
  await discardPart(download);
  await bringRest(download, 0);
}

async function discardPart({ path, onBytes }: FileDownload): Promise<void> {
  onBytes(-(await sizeOf(partOf(path))));
  await rm(partOf(path), { force: true });
}

/** Errors of the network come as the cause of a TypeError, which names no system call. */
function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
