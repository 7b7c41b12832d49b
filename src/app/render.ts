import { basename, dirname, extname, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { movieStem, safePrompt } from '../files/file-names.js';
import { prepareFolder } from '../files/whole-files.js';
import { movieTags } from '../infotext/movie-tags.js';
import { parseInfotext, seedOf } from '../infotext/parse-infotext.js';
import type { FileTarget } from '../movie/messages.js';
import {
  type AnimationOptions,
  type AnimationOptionsInput,
  animationOptionsSchema,
  durationOf,
} from '../options/animation-options.js';
import { checkOptions } from '../options/check-options.js';
import { codecRow } from '../options/codecs.js';
import { type PictureSource, sideBySide } from '../pictures/picture-source.js';
import { describeEncoder, describeMovie, frameRateNote } from '../recording/debug-messages.js';
import { isTaken } from '../recording/step-selection.js';
import { type AnimationResult, describe, type RunEvent } from './animate.js';
import { PictureSources, type RunChoice, type SourceSequence } from './picture-sources.js';

export type RenderSettings = {
  /** folders of intermediate images, image files, patterns such as `steps/*.png`, animated images or movies */
  readonly sources: readonly string[];
  readonly animation?: AnimationOptionsInput;
  /** of folders: which of their runs; all if left out */
  readonly runs?: RunChoice;
  /** puts the sources, or the runs of a folder, side by side instead of one after another */
  readonly sideBySide?: boolean;
  /** in pixels; pictures of another size are fitted to it. That of the first image if left out */
  readonly size?: { readonly width: number; readonly height: number };
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
  const { runs, signal } = settings;
  try {
    // FFmpeg's libraries are loaded while the files are looked at.
    const writerModule = import('../movie/movie-file.js');
    writerModule.catch(() => {}); // a failure is met when it is awaited
    await using found = await PictureSources.find(settings.sources, { ...(runs && { runs }), signal });
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
  const taken = sequences.map((sequence) => ({ ...sequence, pictures: choose(sequence.pictures, animation) }));
  const { sources, ...size } = arrange(taken, settings);
  const last = sequences.at(-1);
  const infotext = last?.infotext ?? '';
  const target = targetOf(settings, animation, last);
  await prepareFolder(target.folder);
  const { interpolation, skipSteps } = animation;
  const facts = { infotext, ...size, interpolation, skipSteps, lastStep: sources.length };
  const movie = {
    ...{ ...animation, ...size, tags: movieTags({ ...facts, timestamp: new Date() }) },
    ...{ duration: durationOf(animation, sources.length), sources: sources.length, sideBySide: 1 },
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
  const result = describe(finished, animation, sources.length, finishMs, null, seed);
  settings.onEvent?.(result);
  return result;
}

/** Those of a sequence's pictures that the options take, and the last one always. */
function choose(pictures: readonly PictureSource[], animation: AnimationOptions): PictureSource[] {
  return pictures.filter((_, index) => index === pictures.length - 1 || isTaken(index + 1, animation));
}

function arrange(sequences: readonly SourceSequence[], settings: RenderSettings) {
  const [first] = sequences;
  if (!first) throw new StepsAnimationError('input', 'There are no images to make a movie of: name some.');
  const { width, height } = settings.size ?? first;
  if (!settings.sideBySide) return { width, height, sources: sequences.flatMap(({ pictures }) => pictures) };
  const { layout, sources } = sideBySide(sequences, { width, height });
  return { width: layout.width, height: layout.height, sources };
}

function targetOf(settings: RenderSettings, { codec }: AnimationOptions, last: SourceSequence | undefined): FileTarget {
  const { output, outdir } = settings;
  const { extension } = codecRow(codec);
  if (output === undefined) {
    const stem = `${settings.sideBySide ? 'grid-' : ''}${last ? stemOf(last) : 'animation'}`;
    return { folder: resolve(outdir ?? 'outputs'), stem };
  }
  const given = extname(output);
  if (given !== '' && given.toLowerCase() !== `.${extension}`) {
    throw new StepsAnimationError('usage', `${output}: the codec ${codec} makes .${extension} files; name it so.`);
  }
  return { folder: dirname(resolve(output)), stem: basename(output, given) };
}

/** The movie is named after the seed and the prompt, or after the images' folder where these are not known. */
function stemOf({ infotext, name }: SourceSequence): string {
  const parsed = parseInfotext(infotext);
  const seed = seedOf(parsed);
  return seed === null ? safePrompt(name) || 'animation' : movieStem({ seed, prompt: parsed.prompt });
}
