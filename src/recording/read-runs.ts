import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { type IntermediateName, parseIntermediateStem, safePrompt } from '../files/file-names.js';
import { timeToleranceMs } from '../files/whole-files.js';
import { isFile } from '../util/exists.js';
import type { Seed } from '../util/seed.js';
import { type ManifestImage, parseManifest } from './manifest.js';

/** An image of a run, as found on disk. */
export type RunImage = {
  /** null if the files' names do not contain it */
  readonly seed: Seed | null;
  /**
   * paths of the intermediate files in the order of their steps, and of the finished image if it exists: it replaces
   * the last step's picture, which shows the same
   */
  readonly pictures: readonly string[];
  /** path of the file of the noise that it started from, if there is one */
  readonly noise?: string | undefined;
};

/** Intermediate files of one run, as found on disk. */
export type Run = {
  /** milliseconds since 1970 */
  readonly startedAt: number;
  readonly images: readonly RunImage[];
};

const imageExtensions = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Compares file names or paths in natural order: `2` before `10`, and always in the same order. */
export function compareNames(a: string, b: string): number {
  return naturalOrder.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/**
 * Finds the runs of a folder by their manifests, in the order of their start. Images that no manifest lists belong to the
 * run that their names continue, or else make runs of their own.
 * @param images names of the images in the folder. Default: the files whose extensions are those of images
 */
export async function readRuns(folder: string, images?: ReadonlySet<string>): Promise<Run[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const present = new Set(images ?? names.filter((name) => imageExtensions.has(extname(name).toLowerCase())));
  const listed = await readManifests(folder, names);
  // HFS+ and some network shares give names back in another Unicode form than they were written in.
  const namesOnDisk = new Map(names.map((name) => [name.normalize(), name]));
  const take = (name: string) => {
    const onDisk = namesOnDisk.get(name.normalize());
    return onDisk !== undefined && present.delete(onDisk) ? [onDisk] : [];
  };
  for (const { images } of listed) {
    for (const image of images) {
      image.names = image.names.flatMap(take);
      [image.noise] = image.noise === undefined ? [] : take(image.noise);
      // A finished image in the same folder is not a run of its own.
      if (image.entry.finished !== null) take(image.entry.finished);
    }
  }
  // The newest first: a run that was killed is the last one that can have written them.
  for (const { startedAt, images } of listed.toSorted((a, b) => b.startedAt - a.startedAt)) {
    for (const image of images) await adopt(folder, startedAt, image, present);
  }
  const runs = await Promise.all(
    listed.map(async ({ startedAt, images }) => ({
      startedAt,
      images: await Promise.all(images.map((image) => runImage(folder, image))),
    })),
  );
  const all = [...runs, ...(await runsByName(folder, [...present]))];
  return all
    .map((run) => ({ ...run, images: run.images.filter(({ pictures }) => pictures.length > 0) }))
    .filter(({ images }) => images.length > 0)
    .sort((a, b) => a.startedAt - b.startedAt);
}

/** An entry of a manifest, and the names of its files that exist. */
type ListedImage = { readonly entry: ManifestImage; names: string[]; noise: string | undefined };

async function readManifests(folder: string, names: readonly string[]) {
  const listed: { readonly startedAt: number; readonly images: readonly ListedImage[] }[] = [];
  for (const name of names.filter((name) => name.endsWith('.json'))) {
    const manifest = parseManifest(await readFile(join(folder, name), 'utf8').catch(() => ''));
    if (!manifest) continue;
    const images = manifest.images.map((entry) => ({
      entry,
      names: entry.steps.map(({ file }) => file),
      noise: entry.noise ?? undefined,
    }));
    listed.push({ startedAt: Date.parse(manifest.startedAt), images });
  }
  return listed;
}

/** Adds files that a killed run did not list: their names continue those of an image that did not end. */
async function adopt(folder: string, startedAt: number, image: ListedImage, present: Set<string>): Promise<void> {
  const { entry, names } = image;
  if (entry.reason !== null) return;
  const steps = new Set(names.map((name) => parseName(name)?.step));
  const prompts = new Set(names.map((name) => parseName(name)?.prompt));
  for (const name of [...present].sort(compareNames)) {
    const file = parseName(name);
    const isOfImage = file?.batch === entry.batch && file.position === entry.position && file.seed === entry.seed;
    // A step that the image has already belongs to another run.
    if (!isOfImage || steps.has(file.step)) continue;
    const continues = prompts.size > 0 ? prompts.has(file.prompt) : isNamedAfter(file.prompt, entry.prompt);
    if (!continues || (await stat(join(folder, name))).mtimeMs < startedAt - timeToleranceMs) continue;
    prompts.add(file.prompt);
    steps.add(file.step);
    present.delete(name);
    if (file.step === 0) image.noise ??= name;
    else names.push(name);
  }
  names.sort((a, b) => (parseName(a)?.step ?? 0) - (parseName(b)?.step ?? 0));
}

/** A name that was not free got a number at its end. */
function isNamedAfter(named: string, prompt: string): boolean {
  const safe = safePrompt(prompt);
  return named === safe || named.replace(/(?:^|-)\d+$/u, '') === safe;
}

async function runImage(folder: string, { entry, names, noise: noiseName }: ListedImage): Promise<RunImage> {
  const { seed, steps } = entry;
  const noise = noiseName === undefined ? undefined : join(folder, noiseName);
  const pathsOf = (files: readonly string[]) => files.map((name) => join(folder, name));
  const finished = entry.finished === null ? undefined : await existingFile(resolve(folder, entry.finished));
  if (finished === undefined || !imageExtensions.has(extname(finished)))
    return { seed, pictures: pathsOf(names), noise };
  // Early manifests do not contain the last step.
  const lastStep = entry.lastStep ?? steps.at(-1)?.step ?? 0;
  const earlier = new Set(steps.filter(({ step }) => step < lastStep).map(({ file }) => file.normalize()));
  return { seed, pictures: [...pathsOf(names.filter((name) => earlier.has(name.normalize()))), finished], noise };
}

/** The path of a file in the Unicode form in which its name exists. */
async function existingFile(path: string): Promise<string | undefined> {
  for (const form of new Set([path, path.normalize('NFC'), path.normalize('NFD')])) {
    if (await isFile(form)) return form;
  }
  return undefined;
}

/**
 * Groups names of ours by what follows the step in them; all others are one run, in natural order. With others among
 * them, the groups come in natural order as well, not by their time.
 */
async function runsByName(folder: string, names: readonly string[]): Promise<Run[]> {
  const sorted = names.toSorted(compareNames);
  const parsed = sorted.flatMap((name) => parseName(name) ?? []);
  const areOurs = areRunsOfOurs(parsed);
  const groups = groupBy(sorted, (name) => {
    const file = areOurs ? parseName(name) : undefined;
    return file ? groupOf(file) : '';
  });
  const times = await Promise.all(
    [...groups.values()].map(async ([first = '']) => (await stat(join(folder, first))).mtimeMs),
  );
  const isMixed = parsed.length < sorted.length;
  return [...groups].map(([key, group], index) => ({
    startedAt: isMixed ? Math.min(...times) : (times[index] ?? 0),
    images: [
      key === '' ? { seed: null, pictures: group.map((name) => join(folder, name)) } : namedImage(folder, group),
    ],
  }));
}

/** The image of a group of names of ours, of which the first may be that of its noise. */
function namedImage(folder: string, group: readonly string[]): RunImage {
  const [first = '', ...others] = group;
  const { seed = null, step } = parseName(first) ?? {};
  const hasNoise = step === 0 && others.length > 0;
  const pictures = (hasNoise ? others : group).map((name) => join(folder, name));
  return { seed, pictures, ...(hasNoise && { noise: join(folder, first) }) };
}

function groupOf({ batch, position, seed, prompt }: IntermediateName): string {
  return `${batch}.${position}.${seed}.${prompt}`;
}

/**
 * Whether names of our form are ours beyond doubt: `20241231-1.png` and `0000002-1000.png` have it by chance. Our runs
 * count batches and positions from 0 and steps from 1, step 0 being the noise before step 1 (believed only with
 * a prompt in the name), and a lone file is that of a
 * run that ended after its first step.
 */
function areRunsOfOurs(names: readonly IntermediateName[]): boolean {
  const batches = groupBy(names, ({ batch }) => String(batch));
  return (
    batches.has('0') &&
    [...batches.values()].every((batch) => batch.some(({ position }) => position === 0)) &&
    [...groupBy(names, groupOf).values()].every((group) => {
      const steps = new Set(group.map(({ step }) => step));
      return steps.has(0) ? steps.has(1) && group[0]?.prompt !== '' : steps.size > 1 || steps.has(1);
    })
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function parseName(name: string): IntermediateName | undefined {
  return parseIntermediateStem(basename(name, extname(name)).normalize());
}
