import type { FinishReason, GenerationEvent, ImageInfo } from './host.js';
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

/** The steps and the end of one image. One that fails ends with its last step, and throws after `end`. */
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
      yield { ...place, type: 'step', image: index, picture: () => preview(file) };
    }
    end = next.value;
  } catch (error) {
    failure = error;
    end = { reason: 'interrupted' };
  } finally {
    // Where whoever listens has gone, the run ends, too.
    await events.return({ reason: 'interrupted' });
  }
  const file = end.file ?? last;
  if (file) {
    const picture = await (end.file ? decodeReceived(file, program) : preview(file));
    yield { type: 'image', image: index, picture, infotext, reason: end.reason };
  }
  if (last === undefined && end.reason === 'finished') yield { type: 'note', message: noSteps };
  if (failure === undefined) return;
  yield { type: 'end' };
  throw failure;
}
