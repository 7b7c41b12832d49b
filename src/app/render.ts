import { basename, dirname, extname, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { movieStem, safePrompt } from '../files/file-names.js';
import { checkFileName, prepareFolder } from '../files/whole-files.js';
import { movieTags } from '../infotext/movie-tags.js';
import { parseInfotext, seedOf } from '../infotext/parse-infotext.js';
import { frameSize } from '../movie/frame-format.js';
import type { FileTarget } from '../movie/messages.js';
import { type AnimationOptions, durationOf } from '../options/animation-options.js';
import { checkAnimationOptions } from '../options/check-animation-options.js';
import { checkFrameSize, codecRow } from '../options/codecs.js';
import type { AnimationOptionsInput } from '../options/option-types.js';
import { movieSize } from '../pictures/fit.js';
import type { Size } from '../pictures/picture.js';
import { type PictureSource, sideBySide } from '../pictures/picture-source.js';
import { opensOnNoise } from '../recording/plan.js';
import { isSelected } from '../recording/steps.js';
import { describeEncoder, describeMovie, frameRateNote } from '../recording/user-messages.js';
import { isFolder } from '../util/exists.js';
import { type AnimationResult, animationResult, type RunEvent } from './events.js';
import { PictureSources, type RunChoice, type SourceSequence } from './picture-sources.js';

export type RenderSettings = {
  /** paths of intermediate folders, image files, animated images or movies, or patterns such as `steps/*.png` */
  readonly sources: readonly string[];
  /** default: all defaults */
  readonly animation?: AnimationOptionsInput;
  /** which runs of the folders to show. Default: all */
  readonly runs?: RunChoice;
  /** shows the sources, or the runs of a folder, side by side instead of one after another. Default: false */
  readonly sideBySide?: boolean;
  /** of the finished image in pixels, where the pictures may have another one. Default: that of the first image */
  readonly imageSize?: Size;
  /**
   * path of a picture of the noise that the image started from, for the option `noiseDuration`. Default: what the folders
   * of intermediate images contain
   */
  readonly noise?: string;
  /** folder of the movie, which is named after the images; ignored if `output` is given. Default: `outputs` */
  readonly outdir?: string;
  /** path of the movie file, whose extension has to match the codec, or of a folder for it */
  readonly output?: string;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
};

/**
 * Makes a movie of existing images, such as the intermediate images of an earlier run.
 * @throws StepsAnimationError `usage` for an option, `input` for a source, `output` or `encoder` when the movie cannot be
 *   written, `interrupted` when aborted; then no file is left
 *
 * @example
 * ```ts
 * const { path } = await render({
 *   sources: ['outputs/txt2img-images/intermediate'],
 *   runs: 'last',
 *   animation: { codec: 'webp', loop: 'boomerang' },
 * });
 * ```
 */
export async function render(settings: RenderSettings): Promise<AnimationResult> {
  const animation = checkAnimationOptions(settings.animation ?? {});
  const { runs, signal } = settings;
  try {
    // FFmpeg's libraries are loaded while the sources are inspected.
    const writerModule = import('../movie/movie-file.js');
    writerModule.catch(() => {}); // a failure is thrown when it is awaited
    await using found = await PictureSources.find(settings.sources, { ...(runs && { runs }), signal });
    for (const message of found.notes) settings.onEvent?.({ type: 'note', message });
    const { writeMovie } = await writerModule;
    return await renderSequences(found.sequences, animation, settings, writeMovie);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new StepsAnimationError('interrupted', 'Stopped before the movie was complete; no file was left.');
  }
}

async function renderSequences(
  sequences: readonly SourceSequence[],
  animation: AnimationOptions,
  settings: RenderSettings,
  writeMovie: typeof import('../movie/movie-file.js').writeMovie,
): Promise<AnimationResult> {
  const taken = sequences.map((sequence) => ({ ...sequence, pictures: select(sequence.pictures, animation) }));
  const { sources, hasNoise, ...size } = arrange(taken, animation, settings);
  const steps = sources.length - Number(hasNoise);
  const last = sequences.at(-1);
  const infotext = last?.infotext ?? '';
  const target = await targetOf(settings, animation, last);
  checkFrameSize(animation.codec, frameSize(codecRow(animation.codec).pixelFormat, size));
  await checkFileName(target.folder, `${target.stem}.${codecRow(animation.codec).extension}`);
  await prepareFolder(target.folder);
  const { interpolation, skipSteps } = animation;
  const tags = movieTags({
    ...{ infotext, ...size, interpolation, skipSteps, lastStep: steps, timestamp: new Date() },
  });
  const movie = {
    ...{ ...animation, ...size, tags, noiseDuration: hasNoise ? animation.noiseDuration : 0 },
    ...{ duration: durationOf(animation, steps), sources: sources.length, sideBySide: 1 },
  };
  const debug = (message: string) => settings.onEvent?.({ type: 'debug', message });
  const note = frameRateNote(animation);
  if (note !== undefined) settings.onEvent?.({ type: 'note', message: note });
  debug(`${sources.length} pictures of ${sequences.length} sequences at ${size.width}×${size.height}`);
  debug(describeEncoder(animation));
  let lastSourceAt = 0;
  const finished = await writeMovie(target, movie, sources, {
    signal: settings.signal,
    onPicture: () => {
      lastSourceAt = performance.timeOrigin + performance.now();
    },
    onProgress: (progress) => settings.onEvent?.({ type: 'rendering', ...progress }),
  });
  debug(describeMovie(finished));
  const finishMs = finished.publishedAt - lastSourceAt;
  const seed = settings.sideBySide ? null : (last?.seed ?? null);
  const result = animationResult(finished, animation, { image: null, seed, steps, finishMs });
  settings.onEvent?.(result);
  return result;
}

/** The pictures of a sequence that the options select; the last one always is. */
function select(pictures: readonly PictureSource[], animation: AnimationOptions): PictureSource[] {
  return pictures.filter((_, index) => index === pictures.length - 1 || isSelected(index + 1, animation));
}

/** The pictures of the movie in order, that of the noise first if it opens on that, and its size. */
function arrange(sequences: readonly SourceSequence[], animation: AnimationOptions, settings: RenderSettings) {
  const [first] = sequences;
  if (!first) throw new StepsAnimationError('input', 'There are no images to make a movie of: name some.');
  const size = settings.imageSize ?? first;
  // The movie opens on the noise of what it shows first.
  const opening = settings.sideBySide ? sequences : [first];
  const hasNoise = opensOnNoise(animation) && opening.every((sequence) => noiseOf(sequence, settings));
  const shown = sequences.map((sequence) => {
    const noise = hasNoise && opening.includes(sequence) ? noiseOf(sequence, settings) : undefined;
    return noise ? { ...sequence, pictures: [noise, ...sequence.pictures] } : sequence;
  });
  if (!settings.sideBySide) {
    return { ...movieSize(size, animation), hasNoise, sources: shown.flatMap(({ pictures }) => pictures) };
  }
  const { layout, sources } = sideBySide(shown, size, animation);
  return { ...movieSize(layout, animation), hasNoise, sources };
}

function noiseOf({ noise }: SourceSequence, settings: RenderSettings): PictureSource | undefined {
  return settings.noise === undefined ? noise : { type: 'file', path: settings.noise };
}

async function targetOf(
  settings: RenderSettings,
  { codec }: AnimationOptions,
  last: SourceSequence | undefined,
): Promise<FileTarget> {
  const { output, outdir } = settings;
  const { extension } = codecRow(codec);
  const isFolderGiven = output !== undefined && (/[\\/]$/u.test(output) || (await isFolder(output)));
  if (output === undefined || isFolderGiven) {
    const stem = `${settings.sideBySide ? 'grid-' : ''}${last ? stemOf(last) : 'animation'}`;
    return { folder: resolve(output ?? outdir ?? 'outputs'), stem };
  }
  const given = extname(output);
  if (given !== '' && given.toLowerCase() !== `.${extension}`) {
    throw new StepsAnimationError('usage', `${output}: the codec ${codec} makes .${extension} files; name it so.`);
  }
  return { folder: dirname(resolve(output)), stem: basename(output, given) };
}

/** The movie is named after the seed and the prompt, or after the images' folder if these are unknown. */
function stemOf({ infotext, name }: SourceSequence): string {
  const parsed = parseInfotext(infotext);
  const seed = seedOf(parsed);
  return seed === null ? safePrompt(name) || 'animation' : movieStem({ seed, prompt: parsed.prompt });
}
