import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';
import { resizePicture } from '../../pictures/picture-files.js';
import type { Content, FinishReason, GenerationEvent, PassInfo } from '../host.js';
import type { PlannedImage } from '../plan-images.js';
import { startPass } from '../start-picture.js';
import { decodePicture } from './pictures.js';

type RunStep = {
  readonly type: 'step';
  readonly pass: number;
  readonly step: number;
  /** the file of a picture, decoded when it is asked for and in the size of the image; or its pixels as they are */
  readonly picture: Buffer | Picture;
};

/** What happens while a program makes one image. */
export type RunEvent = RunStep | { readonly type: 'note'; readonly message: string };

/** How an image ended. */
export type RunEnd = {
  readonly reason: FinishReason;
  /** of the image; its last step takes its place if there is none */
  readonly file?: Buffer | undefined;
  /** of the program; the planned one if left out */
  readonly infotext?: string | undefined;
};

export type ImagePlan = {
  readonly images: readonly PlannedImage[];
  readonly passes: readonly PassInfo[];
  /** what the user should know beforehand */
  readonly notes: readonly string[];
};

type ImagesRun = {
  readonly plan: ImagePlan;
  /** that makes the images, at the beginning of a sentence */
  readonly program: string;
  /** Makes one image; it ends early once `stopping` aborts, for its `stopReason`. */
  readonly makeImage: (image: PlannedImage, stopping: AbortSignal) => AsyncGenerator<RunEvent, RunEnd, void>;
  /** shown as a step before the others */
  readonly startFrame?: Picture | undefined;
  /** whether the steps are shown with their noise; else a note says that `--content noisy` has no effect */
  readonly showsNoise?: boolean;
  /** what to do when an image came without any step */
  readonly noStepsNote?: string;
  /** Called once when no image follows, whatever the reason; gives the last notes. */
  readonly close?: () => Promise<readonly string[]>;
  readonly signal: AbortSignal | undefined;
  readonly skips: EventTarget | undefined;
};

/** Why an image has to end early; undefined while it has not to. */
export function stopReason(stopping: AbortSignal): Exclude<FinishReason, 'finished'> | undefined {
  if (!stopping.aborted) return undefined;
  return stopping.reason === 'skipped' ? 'skipped' : 'interrupted';
}

/**
 * The events of a request whose images a program makes one by one. A skipped image ends its batch, an interrupted one
 * the run, also if that happened in the program itself. What fails is thrown after `end`.
 */
export async function* generateImages(run: ImagesRun): AsyncGenerator<GenerationEvent, void, void> {
  const { plan, startFrame, signal, skips } = run;
  /** of the batch in progress */
  let stopping = new AbortController();
  const skip = () => stopping.abort('skipped');
  const interrupt = () => stopping.abort('interrupted');
  skips?.addEventListener('skip', skip);
  signal?.addEventListener('abort', interrupt);
  const noise = { isWanted: false };
  let closingNotes: readonly string[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    const passes = startFrame ? [startPass(startFrame), ...plan.passes] : plan.passes;
    yield { type: 'start', images: plan.images.map(({ info }) => info), passes };
    for (const message of plan.notes) yield { type: 'note', message };
    let batch = 0;
    for (const [index, image] of plan.images.entries()) {
      if (signal?.aborted) break;
      if (image.info.batch !== batch) stopping = new AbortController();
      batch = image.info.batch;
      if (stopping.signal.aborted) continue;
      const reason = yield* imageEvents(run, index, image, stopping.signal, noise);
      if (reason === 'interrupted') break;
      if (reason === 'skipped') skip();
    }
  } catch (error) {
    failure = { error };
  } finally {
    skips?.removeEventListener('skip', skip);
    signal?.removeEventListener('abort', interrupt);
    closingNotes = (await run.close?.()) ?? [];
  }
  for (const message of closingNotes) yield { type: 'note', message };
  if (noise.isWanted && !run.showsNoise) {
    yield { type: 'note', message: `${run.program} shows denoised steps only: --content noisy had no effect.` };
  }
  yield { type: 'end' };
  if (failure) throw failure.error;
}

/**
 * The steps and the end of one image. If it fails, or its file cannot be read, it ends with the last step that can be,
 * and the first failure is thrown.
 */
async function* imageEvents(
  { makeImage, program, startFrame, noStepsNote }: ImagesRun,
  index: number,
  image: PlannedImage,
  stopping: AbortSignal,
  noise: { isWanted: boolean },
): AsyncGenerator<GenerationEvent, FinishReason, void> {
  const { info } = image;
  const { width, height } = info;
  const decode = async (shown: Buffer | Picture) => {
    if (Buffer.isBuffer(shown)) return await decodePicture(shown, program, info);
    return width && height ? await resizePicture(shown, width, height) : shown;
  };
  let last: Buffer | Picture | undefined;
  let lastReadable: Buffer | Picture | undefined;
  const stepEvent = ({ picture: shown, pass, step }: RunStep): GenerationEvent => {
    last = shown;
    const picture = async (content: Content) => {
      noise.isWanted ||= content === 'noisy';
      const decoded = Buffer.isBuffer(shown) ? await decode(shown) : shown;
      lastReadable = shown;
      return decoded;
    };
    const preview = Buffer.isBuffer(shown) ? {} : { preview: () => shown };
    return { type: 'step', image: index, pass: startFrame ? pass + 1 : pass, step, picture, ...preview };
  };
  if (startFrame) yield { type: 'step', image: index, pass: 0, step: 1, picture: async () => startFrame };
  let end: RunEnd;
  let failure: unknown;
  const events = makeImage(image, stopping);
  try {
    let next = await events.next();
    for (; !next.done; next = await events.next()) {
      yield next.value.type === 'note' ? next.value : stepEvent(next.value);
    }
    end = next.value;
  } catch (error) {
    const reason = isStop(error) ? stopReason(stopping) : undefined;
    if (!reason) failure = error;
    end = { reason: reason ?? 'interrupted' };
  } finally {
    // If the caller has left its loop, the program has to stop, too.
    await events.return({ reason: 'interrupted' });
  }
  const { file, infotext = info.infotext } = end;
  const { picture, error } = await firstReadable([
    ...(file ? [() => decodePicture(file, program)] : []),
    ...[last, lastReadable].flatMap((shown) => (shown ? [() => decode(shown)] : [])),
  ]);
  failure ??= error;
  const reason = failure === undefined ? end.reason : 'interrupted';
  if (picture) yield { type: 'image', image: index, picture, infotext, reason };
  if (failure !== undefined) throw failure;
  if (last === undefined && reason === 'finished' && noStepsNote) yield { type: 'note', message: noStepsNote };
  return reason;
}

/** Whether a request was left because the image was stopped. */
function isStop(error: unknown): boolean {
  return error instanceof StepsAnimationError && error.code === 'interrupted';
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
