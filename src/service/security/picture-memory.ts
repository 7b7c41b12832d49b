import type { FastifyReply } from 'fastify';
import { MemoryBudget } from '../../util/memory-budget.js';
import { HttpError } from '../http-error.js';

/** Bytes of the decoded pictures of all requests together. A picture needs a half if it is as large as it may be. */
const maxDecodedBytes = 1024 ** 3;
/** Characters of all answers together that have pictures in them. */
const maxAnswersLength = 512 * 1024 * 1024;
/** Requests that wait for others' pictures. */
const maxWaiting = 100;
/** Of a decoded pixel: four channels as it is read, and three of the result. */
const bytesPerPixel = 7;
const retryAfterSeconds = 5;

const decoded = new MemoryBudget({ maxBytes: maxDecodedBytes, maxWaiting });
const answers = new MemoryBudget({ maxBytes: maxAnswersLength, maxWaiting });

/**
 * Waits until there is memory for decoded pictures.
 * @param pixels of all that are in memory at the same time
 * @returns to be disposed of when they are no longer in memory
 * @throws HttpError 429 when too many requests wait already
 */
export async function memoryForPixels(pixels: number): Promise<Disposable> {
  return await take(decoded, pixels * bytesPerPixel);
}

/**
 * Waits until there is memory for the pictures of an answer, until that is sent. Not to be called by who holds memory
 * for pixels: two could wait for each other.
 * @param length characters of base64
 * @throws HttpError 429 when too many requests wait already
 */
export async function memoryForAnswer(length: number, reply: FastifyReply): Promise<void> {
  const memory = await take(answers, length);
  const free = () => memory[Symbol.dispose]();
  if (reply.raw.closed) free();
  else reply.raw.once('close', free);
}

async function take(budget: MemoryBudget, bytes: number): Promise<Disposable> {
  if (!budget.isFull) return await budget.take(bytes);
  const message = `${maxWaiting} other requests with pictures wait already: try again in a moment.`;
  throw new HttpError(429, message, { 'retry-after': String(retryAfterSeconds) });
}
