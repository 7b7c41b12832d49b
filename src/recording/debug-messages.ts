import type { FinishedMovie } from '../movie/messages.js';
import type { AnimationOptions } from '../options/animation-options.js';
import { codecRow, encoderOptionsOf } from '../options/codecs.js';

/** What `--debug` tells of the encoder. */
export function describeEncoder({ codec, encoderSettings }: AnimationOptions): string {
  const row = codecRow(codec);
  const options = Object.entries(encoderOptionsOf(row, encoderSettings)).map((pair) => pair.join('='));
  return `${row.encoder}: ${[...options, row.pixelFormat].join(', ')}`;
}

/** What `--debug` tells of a movie that was read back. */
export function describeMovie({ path, width, height, frames, fps, bytes }: FinishedMovie): string {
  return `closed and checked: ${path}, ${width}×${height}, ${frames} frames, ${fps} fps, ${bytes} bytes`;
}

/** What a person has to know of an option that cannot be kept to. */
export function frameRateNote({ codec, fps }: AnimationOptions): string | undefined {
  const { maxFps = fps } = codecRow(codec);
  return fps > maxFps ? `${codec} shows at most ${maxFps} frames a second: ${maxFps} instead of ${fps}` : undefined;
}
