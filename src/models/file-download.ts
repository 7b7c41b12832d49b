import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { StepsAnimationError } from '../errors.js';
import { retryWhileHeld } from '../files/held-files.js';
import { connectionError } from './hub.js';
import type { HubFile } from './hub-files.js';

type FileDownload = {
  readonly file: HubFile;
  readonly url: string;
  /** Absolute path of the finished file; until then its content is in `<path>.part`. */
  readonly path: string;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Reports how many bytes were added to the part, or (negative) removed because they were unusable. */
  readonly onBytes: (bytes: number) => void;
};

/** How many connections in a row may fail without bringing anything. */
const maxFailures = 4;
/** Delay before the first retry in milliseconds; it doubles with every further one. */
const retryDelayMs = 250;

/**
 * Downloads a file, resuming an earlier download, and renames the part when its checksum is right.
 * @throws StepsAnimationError `network` when connections keep failing, `input` when the content does not match the hub's
 *   listing; what `fetch` throws, and errors of the file system as they are
 */
export async function downloadFile(download: FileDownload): Promise<void> {
  const { file, path, signal } = download;
  const part = partOf(path);
  await mkdir(dirname(path), { recursive: true });
  const isResumed = (await sizeOf(part)) > 0;
  await downloadWithRetries(download);
  if (isResumed && !(await isIntact(part, file, signal))) {
    // The part was of another version of the file, or two pulls wrote to it.
    await discardPart(download);
    await downloadWithRetries(download);
  }
  if (!(await isIntact(part, file, signal))) {
    await discardPart(download);
    throw new StepsAnimationError('input', `${file.path} has the wrong checksum and was deleted: pull again.`);
  }
  await retryWhileHeld(() => rename(part, path));
}

/** The name of a file during its download. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** In bytes; 0 if the file does not exist. */
export async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Whether a file exists with the size and the checksum of the hub's listing. */
export async function isIntact(path: string, { size, checksum }: HubFile, signal: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== size) return false;
  const hash = createHash(checksum.algorithm === 'sha256' ? 'sha256' : 'sha1');
  // git hashes blobs with this header.
  if (checksum.algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk);
  return hash.digest('hex') === checksum.value;
}

/** Reconnects as long as connections bring something; a general retry helper would count all failures of a long file. */
async function downloadWithRetries(download: FileDownload): Promise<void> {
  const { file, path, signal } = download;
  let failures = 0;
  for (;;) {
    const before = await sizeOf(partOf(path));
    if (before === file.size && before > 0) return;
    try {
      return await downloadRest(download, before);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StepsAnimationError) || error.code !== 'network') throw error;
      failures = (await sizeOf(partOf(path))) > before ? 1 : failures + 1;
      if (failures === maxFailures) throw error;
      await setTimeout(retryDelayMs * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

async function downloadRest(download: FileDownload, offset: number): Promise<void> {
  const { file, url, path, signal, onBytes } = download;
  if (offset > file.size) return await downloadFromStart(download);
  const range = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
  const response = await download.fetch(url, { signal, headers: { 'accept-encoding': 'identity', ...range } });
  if (offset > 0 && response.headers.get('content-range') !== `bytes ${offset}-${file.size - 1}/${file.size}`) {
    await response.body?.cancel();
    return await downloadFromStart(download);
  }
  let size = offset;
  async function* count(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > file.size) {
        throw new StepsAnimationError(
          'input',
          `${file.path} is larger than the ${file.size} bytes of the hub's listing.`,
        );
      }
      onBytes(chunk.length);
      yield chunk;
    }
  }
  const target = createWriteStream(partOf(path), { flags: offset > 0 ? 'a' : 'w', flush: true });
  await pipeline(response.body ?? Readable.from([]), count, target, { signal }).catch((cause: unknown) => {
    throw isFileSystemError(cause) || cause instanceof StepsAnimationError ? cause : connectionError(url, cause);
  });
  if (size < file.size) throw connectionError(url, 'it ended too early');
}

/** For a part that is too long, and for servers that ignore the requested range. */
async function downloadFromStart(download: FileDownload): Promise<void> {
  await discardPart(download);
  await downloadRest(download, 0);
}

async function discardPart({ path, onBytes }: FileDownload): Promise<void> {
  onBytes(-(await sizeOf(partOf(path))));
  await rm(partOf(path), { force: true });
}

/** Network errors are the cause of a TypeError, which names no system call. */
function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
