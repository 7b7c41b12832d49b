import { TaskRunner } from '../util/task-runner.js';
import { HttpError } from './http-error.js';
import type { InspectedFile } from './inspection-process.js';

/** Of one file; counting the frames of a movie of an hour takes seconds. */
const timeoutMs = 20_000;

const runner = new TaskRunner<{ readonly path: string }, InspectedFile>(
  new URL('./inspection-process.js', import.meta.url),
  { work: 'Reading the file', kind: 'process', timeoutMs },
);

/**
 * Inspects a file that a client sent, in a process of its own: it may be made to take time or memory, or to crash a
 * decoder.
 * @param otherwise the message for a file that is neither
 * @throws HttpError 422 when it is not a readable image or movie, or needs too much time or memory
 */
export async function inspectSentFile(
  path: string,
  otherwise = 'This is not a readable image or movie.',
): Promise<InspectedFile> {
  try {
    return await runner.run({ path });
  } catch (cause) {
    const isTooLarge = cause instanceof Error && cause.message.startsWith('Reading the file ');
    throw new HttpError(422, isTooLarge ? cause.message : otherwise);
  }
}
