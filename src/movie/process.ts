import { constants, setPriority } from 'node:os';
import { StepsAnimationError } from '../errors.js';
import { findWhole, writeWhole } from '../files/whole-files.js';
import type { Picture } from '../pictures/picture.js';
import { encodePicture } from '../pictures/picture-files.js';
import { messageOf } from '../util/error-message.js';
import { tryCodec } from './codec-trial.js';
import type {
  FailureText,
  FinishedMovie,
  FromMovieProcess,
  IntermediateTarget,
  MovieReply,
  MovieRequest,
  PictureOutcome,
  ToMovieProcess,
} from './messages.js';
import { MovieFile, type MovieProgress, writeMovie } from './movie-file.js';

// The process in which movies are made, forked by the recorder. It gives way to the sampler, and a crash of
// the encoder ends it alone.

const movies = new Map<number, MovieFile>();
/** Work on one movie goes in order; different movies go side by side. */
const turns = new Map<number, Promise<unknown>>();
/** Movies of pictures that are all there are made one after another: each uses all cores, and as much memory. */
let rendering: Promise<unknown> = Promise.resolve();

/** Pictures that are being saved. */
const keeping = new Set<Promise<string>>();

function send(message: FromMovieProcess): void {
  // Where the recorder is gone, nobody needs to know.
  process.send?.(message, undefined, undefined, () => {});
}

async function handle(request: MovieRequest): Promise<MovieReply[keyof MovieReply]> {
  switch (request.type) {
    case 'check':
      await tryCodec(request.settings);
      return null;
    case 'open':
      return await inTurn(request.movie, async () => {
        movies.set(request.movie, await MovieFile.openLive(request.target, request.settings));
        return null;
      });
    case 'picture':
      return await takePicture(request);
    case 'close':
      return await inTurn(request.movie, () => closeMovie(request.movie));
    case 'drop':
      return await inTurn(request.movie, () => dropMovie(request.movie));
    case 'render':
      return await inTurn(request.movie, () => renderMovie(request));
  }
}

function inTurn<T>(movie: number, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(movie) ?? Promise.resolve()).then(work, work);
  turns.set(movie, turn);
  return turn;
}

async function takePicture(request: Extract<MovieRequest, { type: 'picture' }>): Promise<PictureOutcome> {
  const { movie, picture, keep, compose } = request;
  // Composing takes its turn before anything is awaited: pictures must not overtake each other.
  const [composed, kept] = await Promise.allSettled([
    compose ? inTurn(movie, () => addToMovie(movie, picture)) : null,
    keep ? noted(keepPicture(picture, keep)) : null,
  ]);
  return {
    kept: kept.status === 'fulfilled' ? kept.value : null,
    keepError: kept.status === 'rejected' ? failureText(kept.reason) : null,
    composeError: composed.status === 'rejected' ? failureText(composed.reason) : null,
  };
}

function noted(work: Promise<string>): Promise<string> {
  const forget = () => keeping.delete(work);
  keeping.add(work);
  work.then(forget, forget);
  return work;
}

async function keepPicture(picture: Picture, target: IntermediateTarget): Promise<string> {
  const { folder, stem, infotext, format, since } = target;
  const bytes = await encodePicture(picture, infotext, format);
  const written = since === undefined ? undefined : await findWhole(folder, stem, format.type, bytes, since);
  return written ?? (await writeWhole(folder, stem, format.type, bytes));
}

async function addToMovie(movie: number, picture: Picture): Promise<void> {
  const file = opened(movie);
  await file.add(picture);
  send({ type: 'progress', movie, ...file.progress });
}

async function closeMovie(movie: number): Promise<FinishedMovie> {
  await using file = opened(movie);
  movies.delete(movie);
  const { frame } = file.progress;
  const finished = await file.close();
  // What opens the movie is known last.
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
  const onProgress = (progress: MovieProgress) => send({ type: 'progress', movie, ...progress });
  const work = () => writeMovie(target, settings, sources, { onProgress });
  const rendered = rendering.then(work, work);
  rendering = rendered;
  return rendered;
}

function opened(movie: number): MovieFile {
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

async function leave(): Promise<void> {
  const dropped = [...movies.keys()].map((movie) => inTurn(movie, () => dropMovie(movie)));
  await Promise.allSettled([...dropped, ...keeping]);
  process.exit();
}

setPriority(process.platform === 'linux' ? constants.priority.PRIORITY_LOW : constants.priority.PRIORITY_BELOW_NORMAL);
// Ctrl-C reaches the whole process group; the recorder decides what is still to be done.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => void leave());
process.on('message', (message: ToMovieProcess) => void answer(message));
