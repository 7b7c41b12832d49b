import type { RunEvent } from '../../app/events.js';
import { type RunSettings, TaskRunner, type TaskRunnerSettings } from '../../util/task-runner.js';
import { HttpError } from '../http-error.js';
import type { InspectedFile } from './inspect.js';
import type { MediaTask, MediaWork } from './media-process.js';

// All that reads or makes pictures and movies for the service with native decoders and encoders. It runs in processes
// of its own: a file may be made to take time or memory, or to crash or hang a decoder, which then costs its own task
// only. One process for each kind of work, so that none waits for another.

/** Of one file that is read; counting the frames of a movie of an hour takes seconds. */
const readTimeoutMs = 20_000;
/** Of a movie that is made, without progress: an encoder may take 5 minutes for a call. */
const renderTimeoutMs = 10 * 60_000;
/** A process that ends may have been killed because other programs needed its memory. */
const maxAttempts = 2;

function inProcess<Name extends keyof MediaWork>(name: Name, settings: TaskRunnerSettings) {
  const runner = new TaskRunner<MediaTask<Name>, Awaited<ReturnType<MediaWork[Name]>>, RunEvent>(
    new URL('./media-process.js', import.meta.url),
    { kind: 'process', timeoutMs: readTimeoutMs, maxAttempts, ...settings },
  );
  return (input: MediaTask<Name>['input'], settings: Omit<RunSettings<RunEvent>, 'transferred'> = {}) =>
    runner.run({ name, input }, settings);
}

/** The facts and the infotext of a movie. */
export const readMovieFile = inProcess('movie', { work: 'Reading the movie', code: 'input' });

/** A small picture of a movie, as WebP. */
export const makePoster = inProcess('poster', { work: 'Making the poster', code: 'input' });

/** Makes a movie of files. */
export const renderMovie = inProcess('render', {
  work: 'Making the movie',
  code: 'encoder',
  timeoutMs: renderTimeoutMs,
});

const inspect = inProcess('inspect', { work: 'Reading the file' });

/**
 * Inspects a file that a client sent.
 * @param otherwise the message for a file that is neither
 * @throws HttpError 422 when it is not a readable image or movie, or needs too much time or memory
 */
export async function inspectSentFile(
  path: string,
  otherwise = 'This is not a readable image or movie.',
): Promise<InspectedFile> {
  try {
    return await inspect(path);
  } catch (cause) {
    const isTooLarge = cause instanceof Error && cause.message.startsWith('Reading the file ');
    throw new HttpError(422, isTooLarge ? cause.message : otherwise);
  }
}
