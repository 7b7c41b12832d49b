import { asJpegComment } from '../infotext/exif.js';
import { withIntermediateStep } from '../infotext/parse-infotext.js';
import type { FinishedMovie } from '../movie/messages.js';
import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import { checkAnimationOptions } from '../options/check-animation-options.js';
import { codecRow, encoderOptionsOf } from '../options/codecs.js';
import { defaultLook } from '../options/looks.js';
import { rowsOf } from '../options/option.js';
import { kebabCase } from '../util/letter-case.js';

/** The debug message about the encoder. */
export function describeEncoder({ codec, encoderSettings }: AnimationOptions): string {
  const row = codecRow(codec);
  const options = Object.entries(encoderOptionsOf(row, encoderSettings)).map((pair) => pair.join('='));
  return `${row.encoder}: ${[...options, row.pixelFormat].join(', ')}`;
}

/** The debug message about a movie that was read back. */
export function describeMovie({ path, width, height, frames, fps, bytes }: FinishedMovie): string {
  return `closed and checked: ${path}, ${width}×${height}, ${frames} frames, ${fps} fps, ${bytes} bytes`;
}

/** The note for a frame rate that the codec cannot have. */
export function frameRateNote({ codec, fps }: AnimationOptions): string | undefined {
  const { maxFps = fps } = codecRow(codec);
  return fps > maxFps ? `${codec} shows at most ${maxFps} frames a second: ${maxFps} instead of ${fps}` : undefined;
}

/** The note for a run without passes of the wanted kind. */
export function passesNote(
  passes: readonly { readonly kind: 'base' | 'hires' }[],
  { passes: wanted }: AnimationOptions,
): string | undefined {
  const isAvailable = wanted === 'all' || passes.some(({ kind }) => kind === wanted);
  return isAvailable ? undefined : `the run has no ${wanted} pass: all steps are taken`;
}

/** The note for intermediate images that stay and cannot hold their whole infotext. */
export function infotextNote(
  images: readonly { readonly infotext: string }[],
  { deleteIntermediate, intermediateFormat }: AnimationOptions,
): string | undefined {
  if (deleteIntermediate || intermediateFormat !== 'jpg') return undefined;
  const texts = images.map(({ infotext }) => withIntermediateStep(infotext, 1));
  if (texts.every((text) => asJpegComment(text) === text)) return undefined;
  return 'the prompt is longer than a JPEG file can hold: it is cut short in the intermediate images; png and webp keep it whole';
}

/** Options that have no effect on rendering, and those that chose the pictures already. */
const notForRendering = new Set([
  ...Object.entries(rowsOf(animationOptionsSchema)).flatMap(([name, row]) => (row.needsSampling ? [name] : [])),
  ...['skipSteps', 'every', 'stopAt'],
]);

/**
 * The command that makes the movie of intermediate images with the same options.
 * @param folder of the intermediate images
 * @param seeds of their images, separated by commas
 */
export function renderCommand(folder: string, outdir: string, animation: AnimationOptions, seeds: string): string {
  const defaults = { ...checkAnimationOptions({ look: animation.look }), look: defaultLook };
  const flags = Object.entries(animation).flatMap(([name, value]) => {
    if (notForRendering.has(name) || value === defaults[name as keyof AnimationOptions]) return [];
    const flag = `--${kebabCase(name)}`;
    if (typeof value === 'boolean') return [value ? flag : flag.replace('--', '--no-')];
    return [flag, quote(String(value))];
  });
  const command = ['steps-animation', 'render', quote(folder), '--runs', seeds, '--outdir', quote(outdir)];
  return [...command, ...flags].join(' ');
}

/** An argument as the user's shell reads it: a POSIX shell, or both of cmd and PowerShell. */
export function quote(text: string): string {
  if (/^[\w./:,=@+-]+$/.test(text)) return text;
  if (process.platform !== 'win32') return `'${text.replaceAll("'", "'\\''")}'`;
  // No quoting protects these in both; PowerShell is what a terminal of Windows starts.
  if (/[$`%"]/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  // A backslash before the closing quote would escape it; Windows takes slashes as well.
  return `"${text.replaceAll('\\', '/')}"`;
}
