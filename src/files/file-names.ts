import { isAbsolute, relative as relativePath, resolve, sep } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { parseSeed, type Seed } from '../util/seed.js';

/** Limits of the prompt in a file name; 255 bytes of a whole name include numbers, suffixes and an extension. */
const maxCharacters = 96;
const maxBytes = 180;

/** Unassigned code points, unpaired surrogates and invisible formatting, except the joiners inside emoji. */
const unsafeInvisible = /(?![\u200c\u200d])[\p{Cn}\p{Cs}\p{Cf}]/gu;
const blank = /[\s\p{Cc}]+/gu;
/** Reserved by Windows; includes the separators of all systems. */
const reserved = /[<>:"/\\|?*]+/g;
const leadingOrTrailing = /^[\s._]+|[\s._]+$/g;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Turns a prompt into a part of a file name that every file system accepts; empty if nothing of it can be kept. */
export function safePrompt(prompt: string): string {
  const visible = prompt.replace(blank, ' ').replace(unsafeInvisible, '').normalize('NFC');
  const safe = visible.replace(reserved, '_').replace(/ +/g, ' ');
  return crop(safe.replace(leadingOrTrailing, '')).replace(leadingOrTrailing, '');
}

function crop(text: string): string {
  let cropped = '';
  let characters = 0;
  let bytes = 0;
  for (const { segment } of graphemes.segment(text)) {
    characters += 1;
    bytes += Buffer.byteLength(segment);
    if (characters > maxCharacters || bytes > maxBytes) break;
    cropped += segment;
  }
  return cropped;
}

/** The parts of an intermediate file's name. */
export type IntermediateName = {
  /** number of the batch in the run, from 0 */
  readonly batch: number;
  /** number of the image in the batch, from 0 */
  readonly position: number;
  /** from 1 */
  readonly step: number;
  readonly seed: Seed;
  readonly prompt: string;
};

/** The name of an intermediate file without its extension, such as `0000012-42-a red apple`. */
export function intermediateStem({ batch, position, step, seed, prompt }: IntermediateName): string {
  return `${digits(batch, 2)}${digits(position, 2)}${digits(step, 3)}-${movieStem({ seed, prompt })}`;
}

/** The name of a movie without its extension, such as `42-a red apple`. */
export function movieStem({ seed, prompt }: Pick<IntermediateName, 'seed' | 'prompt'>): string {
  const promptPart = safePrompt(prompt);
  return promptPart === '' ? String(seed) : `${seed}-${promptPart}`;
}

/**
 * Parses the name of an intermediate file. Digits beyond seven belong to the step. A `-1` that made the name unique
 * remains part of the prompt.
 * @returns undefined for other names
 */
export function parseIntermediateStem(stem: string): IntermediateName | undefined {
  const match = /^(?<batch>\d{2})(?<position>\d{2})(?<step>\d{3,})-(?<seed>\d{1,64})(?:-(?<prompt>.*))?$/su.exec(stem);
  if (!match?.groups) return undefined;
  const { batch, position, step = '', prompt = '' } = match.groups;
  const seed = parseSeed(match.groups.seed ?? '');
  // Steps are filled up with zeros to three digits only.
  if (seed === null || (step.length > 3 && step.startsWith('0'))) return undefined;
  return { batch: Number(batch), position: Number(position), step: Number(step), seed, prompt };
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}

/** Bytes of a file's name, with all common file systems. */
export const maxNameBytes = 255;
/** Bytes of a path, with the 0 that ends it. Windows has no limit that Node.js would not lift. */
const maxPathBytes = { linux: 4096, darwin: 1024 }[process.platform as string] ?? Number.POSITIVE_INFINITY;

/**
 * Checks that the path of a folder is not too long, with a file in it.
 * @throws StepsAnimationError `usage`
 */
export function checkFolderPath(folder: string): void {
  const long = folder.split(sep).find((name) => Buffer.byteLength(name) > maxNameBytes);
  if (long !== undefined) {
    const message = `The name ${JSON.stringify(`${long.slice(0, 50)}…`)} of a folder has ${Buffer.byteLength(long)} bytes`;
    throw new StepsAnimationError('usage', `${message}, and ${maxNameBytes} are possible: choose a shorter one.`);
  }
  const bytes = Buffer.byteLength(folder) + 1 + maxNameBytes;
  if (bytes < maxPathBytes) return;
  const message = `The path of the folder ${folder.slice(0, 100)}… has ${Buffer.byteLength(folder)} bytes`;
  throw new StepsAnimationError(
    'usage',
    `${message}: choose one that is shorter than ${maxPathBytes - 1 - maxNameBytes}.`,
  );
}

/**
 * Resolves the path of a folder below `root`.
 * @throws StepsAnimationError `usage` for one that lies outside of it, or is too long
 */
export function resolveBelow(root: string, relative: string): string {
  const path = resolve(root, relative);
  const fromRoot = relativePath(resolve(root), path);
  if (fromRoot === '..' || fromRoot.startsWith(`..${sep}`) || isAbsolute(fromRoot) || relative.includes('\0')) {
    throw new StepsAnimationError(
      'usage',
      `the folder ${JSON.stringify(relative)} lies outside of ${root}; give a folder below it, such as "animation"`,
    );
  }
  checkFolderPath(path);
  return path;
}
