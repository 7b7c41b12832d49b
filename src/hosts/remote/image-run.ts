import type { Picture } from '../../pictures/picture.js';
import type { FinishReason, GenerationEvent, ImageInfo } from '../host.js';
import { decodeReceived } from './received-picture.js';

/** What a program tells of one image while it makes it. */
export type RunEvent =
  | { readonly type: 'step'; readonly pass: number; readonly step: number; readonly file: Buffer }
  | { readonly type: 'note'; readonly message: string };

/** How a run ended, with the file of the finished image where there is one. */
export type RunEnd = { readonly reason: FinishReason; readonly file?: Buffer };

/** Why a run is to end before its time. */
export type Stop = () => Exclude<FinishReason, 'finished'> | undefined;

export type ImageRun = {
  readonly index: number;
  readonly info: ImageInfo;
  readonly events: AsyncGenerator<RunEvent, RunEnd, void>;
  /** that makes the image */
  readonly program: string;
  /** what to say when an image came without any step */
  readonly noSteps: string;
};

/**
 * The steps and the end of one image. One that fails, or whose finished file cannot be read, ends with the last step
 * that can be, and throws the first failure after `end`.
 */
export async function* imageEvents({
  index,
  info,
  events,
  program,
  noSteps,
}: ImageRun): AsyncGenerator<GenerationEvent, void, void> {
  const { infotext, width, height } = info;
  const preview = (bytes: Buffer) => decodeReceived(bytes, program, { width, height });
  let last: Buffer | undefined;
  /** the last step whose picture could be read */
  let lastRead: Buffer | undefined;
  let end: RunEnd;
  let failure: unknown;
  try {
    let next = await events.next();
    for (; !next.done; next = await events.next()) {
      if (next.value.type === 'note') {
        yield next.value;
        continue;
      }
      const { file, ...place } = next.value;
      last = file;
      const picture = async () => {
        const read = await preview(file);
        lastRead = file;
        return read;
      };
      yield { ...place, type: 'step', image: index, picture };
    }
    end = next.value;
  } catch (error) {
    failure = error;
    end = { reason: 'interrupted' };
  } finally {
    // Where whoever listens has gone, the run ends, too.
    await events.return({ reason: 'interrupted' });
  }
  const { file } = end;
  const { picture, error } = await firstReadable([
    ...(file ? [() => decodeReceived(file, program)] : []),
    ...[last, lastRead].flatMap((step) => (step ? [() => preview(step)] : [])),
  ]);
  failure ??= error;
  const reason = failure === undefined ? end.reason : 'interrupted';
  if (picture) yield { type: 'image', image: index, picture, infotext, reason };
  if (last === undefined && end.reason === 'finished') yield { type: 'note', message: noSteps };
  if (failure === undefined) return;
  yield { type: 'end' };
  throw failure;
}

/** The first picture that can be read, and why one before it cannot. */
async function firstReadable(pictures: readonly (() => Promise<Picture>)[]) {
  let error: unknown;
  for (const picture of pictures) {
    try {
      return { picture: await picture(), error };
    } catch (cause) {
      error ??= cause;
    }
  }
  return { picture: undefined, error };
}
