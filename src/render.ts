import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { type AnimationResult, describe, type RunEvent } from './animate.js';
import { codecs } from './animation/codecs.js';
import { movieStem, parseIntermediateStem, safePrompt } from './animation/file-names.js';
import { movieTags, parseInfotext, withoutIntermediateStep } from './animation/metadata.js';
import type { FileTarget } from './animation/movie-messages.js';
import {
  type AnimationOptions,
  type AnimationOptionsInput,
  animationOptionsSchema,
  durationOf,
} from './animation/options.js';
import { readPngText } from './animation/png-text.js';
import { prepareFolder } from './animation/whole-files.js';
import { checkOptions } from './check-options.js';
import { StepsAnimationError } from './errors.js';
import { findPictures } from './picture-sources.js';

export type RenderSettings = {
  /** folders or image files; a folder's images are taken in natural order */
  readonly sources: readonly string[];
  readonly animation?: AnimationOptionsInput;
  /** folder that the movie goes to, under a name that comes from the images; `output` goes before it */
  readonly outdir?: string;
  /** name of the movie file */
  readonly output?: string;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
};

/**
 * Makes a movie of images that are there already, such as the intermediate images of an earlier run.
 * @throws StepsAnimationError `usage`, `input`, `output` or `encoder`; `interrupted` when aborted
 */
export async function render(settings: RenderSettings): Promise<AnimationResult> {
  const animation = checkOptions(animationOptionsSchema, settings.animation ?? {});
  // FFmpeg's libraries are loaded while the files are looked at.
  const [{ files, width, height }, { writeMovie }] = await Promise.all([
    findPictures(settings.sources),
    import('./animation/movie-file.js'),
  ]);
  const infotext = await infotextOf(files.at(-1));
  const target = targetOf(settings, animation, files, infotext);
  await prepareFolder(target.folder);
  const { interpolation } = animation;
  const tags = movieTags({ infotext, width, height, interpolation, lastStep: files.length, timestamp: new Date() });
  const duration = durationOf(animation, files.length);
  const movie = { ...animation, width, height, duration, tags, sources: files.length, sideBySide: 1 };
  const sources = files.map((path) => ({ type: 'file', path }) as const);
  const { signal } = settings;
  const lastSourceAt = performance.timeOrigin + performance.now();
  const finished = await writeMovie(target, movie, sources, {
    signal,
    onProgress: (progress) => tell(settings, progress),
  });
  const seed = parseInfotext(infotext).fields.Seed;
  const finishMs = finished.publishedAt - lastSourceAt;
  const result = describe(finished, animation, files.length, finishMs, null, seed === undefined ? null : Number(seed));
  settings.onEvent?.(result);
  return result;
}

function tell({ onEvent }: RenderSettings, progress: { readonly frame: number; readonly frames: number }): void {
  onEvent?.({ type: 'rendering', ...progress });
}

function targetOf(
  { output, outdir }: RenderSettings,
  { codec }: AnimationOptions,
  files: readonly string[],
  infotext: string,
): FileTarget {
  const { extension } = codecs[codec];
  if (output === undefined) return { folder: resolve(outdir ?? 'outputs'), stem: stemOf(files, infotext) };
  const given = extname(output);
  if (given !== '' && given.toLowerCase() !== `.${extension}`) {
    throw new StepsAnimationError('usage', `${output}: the codec ${codec} makes .${extension} files; name it so.`);
  }
  return { folder: dirname(resolve(output)), stem: basename(output, given) };
}

/** The movie is named after the seed and the prompt, or after the images' folder where these are not known. */
function stemOf(files: readonly string[], infotext: string): string {
  const { prompt, fields } = parseInfotext(infotext);
  if (fields.Seed !== undefined) return movieStem({ seed: Number(fields.Seed), prompt });
  const last = files.at(-1) ?? '';
  const name = parseIntermediateStem(basename(last, extname(last)));
  return name ? movieStem(name) : safePrompt(basename(dirname(last))) || 'animation';
}

async function infotextOf(file: string | undefined): Promise<string> {
  if (file === undefined || extname(file).toLowerCase() !== '.png') return '';
  return withoutIntermediateStep(readPngText(await readFile(file), 'parameters') ?? '');
}
