import { constants, setPriority } from 'node:os';
import { StepsAnimationError } from '../errors.js';
import { findWhole, writeWhole } from '../files/whole-files.js';
import type { Picture } from '../pictures/picture.js';
import { encodePicture } from '../pictures/picture-files.js';
import { messageOf } from '../util/error-message.js';
import {
  type FailureText,
  type FinishedMovie,
  type FrameProgress,
  type FromMovieProcess,
  type IntermediateTarget,
  type MovieReply,
  type MovieRequest,
  type PictureOutcome,
  shutdownTimeoutMs,
  type ToMovieProcess,
} from './messages.js';
import { MovieFile, tryCodec, writeMovie } from './movie-file.js';

// The process in which movies are made, forked by `MovieClient`: it has a lower priority than the sampler, and a crash of
// the encoder ends nothing else.

const movies = new Map<number, MovieFile>();
/** The last task of each movie: those of one movie run in order, those of different movies at the same time. */
const lastTasks = new Map<number, Promise<unknown>>();
/** The last movie to be rendered: one at a time, because each uses all cores and as much memory. */
let lastRendering: Promise<unknown> = Promise.resolve();

/** Intermediate files that are being written. */
const keeping = new Set<Promise<string>>();

function send(message: FromMovieProcess): void {
  // Failures are ignored: the parent process has gone.
  process.send?.(message, undefined, undefined, () => {});
}

async function handle(request: MovieRequest): Promise<MovieReply[keyof MovieReply]> {
  switch (request.type) {
    case 'check':
      await tryCodec(request.settings);
      return null;
    case 'open':
      return await inOrder(request.movie, async () => {
        const { movie, target, settings, typicalChange } = request;
        movies.set(movie, await MovieFile.openLive(target, settings, typicalChange));
        return null;
      });
    case 'picture':
      return await takePicture(request);
    case 'close':
      return await inOrder(request.movie, () => closeMovie(request.movie));
    case 'drop':
      return await inOrder(request.movie, () => dropMovie(request.movie));
    case 'render':
      return await inOrder(request.movie, () => renderMovie(request));
  }
}

function inOrder<T>(movie: number, work: () => Promise<T>): Promise<T> {
  const task = (lastTasks.get(movie) ?? Promise.resolve()).then(work, work);
  lastTasks.set(movie, task);
  return task;
}

async function takePicture(request: Extract<MovieRequest, { type: 'picture' }>): Promise<PictureOutcome> {
  const { movie, picture, keep, compose, development } = request;
  // Queued before anything is awaited: pictures must not overtake each other.
  const [composed, kept] = await Promise.allSettled([
    compose ? inOrder(movie, () => addToMovie(movie, picture, development)) : null,
    keep ? tracked(keepPicture(picture, keep)) : null,
  ]);
  return {
    kept: kept.status === 'fulfilled' ? kept.value : null,
    keepError: kept.status === 'rejected' ? failureText(kept.reason) : null,
    composeError: composed.status === 'rejected' ? failureText(composed.reason) : null,
    change: composed.status === 'fulfilled' ? composed.value : null,
  };
}

function tracked(work: Promise<string>): Promise<string> {
  const remove = () => keeping.delete(work);
  keeping.add(work);
  work.then(remove, remove);
  return work;
}

async function keepPicture(picture: Picture, target: IntermediateTarget): Promise<string> {
  const { folder, stem, infotext, format, since } = target;
  const bytes = await encodePicture(picture, infotext, format);
  const written = since === undefined ? undefined : await findWhole(folder, stem, format.type, bytes, since);
  return written ?? (await writeWhole(folder, stem, format.type, bytes));
}

async function addToMovie(movie: number, picture: Picture, development: number | undefined): Promise<number | null> {
  const file = openMovie(movie);
  const change = await file.add(picture, development);
  send({ type: 'progress', movie, ...file.progress });
  return change;
}

async function closeMovie(movie: number): Promise<FinishedMovie> {
  await using file = openMovie(movie);
  movies.delete(movie);
  const { frame } = file.progress;
  const finished = await file.close();
  // The opening hold is joined when the movie is closed.
  if (file.progress.frame > frame) send({ type: 'progress', movie, ...file.progress });
  return finished;
}

async function dropMovie(movie: number): Promise<null> {
  await movies.get(movie)?.[Symbol.asyncDispose]();
  movies.delete(movie);
  return null;
}

function renderMovie(request: Extract<MovieRequest, { type: 'render' }>): Promise<FinishedMovie> {
  const { movie, target, settings, sources } = request;
  const onProgress = (progress: FrameProgress) => send({ type: 'progress', movie, ...progress });
  const work = () => writeMovie(target, settings, sources, { onProgress });
  const rendering = lastRendering.then(work, work);
  lastRendering = rendering;
  return rendering;
}

function openMovie(movie: number): MovieFile {
  const file = movies.get(movie);
  if (!file) throw new StepsAnimationError('encoder', 'The movie is no longer open.');
  return file;
}

function failureText(error: unknown): FailureText {
  if (error instanceof StepsAnimationError) return { code: error.code, message: error.message };
  return { code: 'encoder', message: messageOf(error) };
}

async function answer({ id, request }: ToMovieProcess): Promise<void> {
  try {
    send({ type: 'done', id, value: await handle(request) });
  } catch (error) {
    send({ type: 'failed', id, error: failureText(error) });
  }
}

async function shutDown(): Promise<void> {
  // A movie that is being made takes longer, and nobody waits for it any more.
  setTimeout(() => process.exit(), shutdownTimeoutMs);
  const dropped = [...movies.keys()].map((movie) => inOrder(movie, () => dropMovie(movie)));
  await Promise.allSettled([...dropped, ...keeping]);
  process.exit();
}

setPriority(process.platform === 'linux' ? constants.priority.PRIORITY_LOW : constants.priority.PRIORITY_BELOW_NORMAL);
// Ctrl-C reaches the whole process group; the parent process decides what is still to be done.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => void shutDown());
process.on('message', (message: ToMovieProcess) => void answer(message));
