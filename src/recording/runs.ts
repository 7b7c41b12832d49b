import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { type IntermediateName, parseIntermediateStem, safePrompt } from '../files/file-names.js';
import { timeTolerance } from '../files/whole-files.js';
import { isFile } from '../util/exists.js';
import { type ManifestImage, parseManifest } from './manifest.js';

/** An image of a run. */
export type RunImage = {
  /** null where the files' names do not tell */
  readonly seed: number | null;
  /**
   * paths of the intermediate files in the order of their steps, and of the finished image if it is there: it takes
   * the place of the last step's picture, which shows the same
   */
  readonly pictures: readonly string[];
};

/** Intermediate files that were made together. */
export type Run = {
  /** milliseconds since 1970 */
  readonly startedAt: number;
  readonly images: readonly RunImage[];
};

export const imageExtensions = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * The runs of a folder, in the order in which they were made. They are told apart by their manifests; images that no
 * manifest lists belong to the run that their names continue, or else make runs of their own.
 */
export async function readRuns(folder: string): Promise<Run[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const present = new Set(names.filter((name) => imageExtensions.has(extname(name).toLowerCase())));
  const listed = await readManifests(folder, names);
  for (const { images } of listed) {
    for (const image of images) {
      image.names = image.names.filter((name) => present.delete(name));
      // A finished image in the same folder is no run of its own.
      if (image.facts.finished !== null) present.delete(image.facts.finished);
    }
  }
  // The newest first: a run that was cut off is the last one that could have written them.
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

type ListedImage = { readonly facts: ManifestImage; names: string[] };

async function readManifests(folder: string, names: readonly string[]) {
  const listed: { readonly startedAt: number; readonly images: readonly ListedImage[] }[] = [];
  for (const name of names.filter((name) => name.endsWith('.json'))) {
    const manifest = parseManifest(await readFile(join(folder, name), 'utf8').catch(() => ''));
    if (!manifest) continue;
    const images = manifest.images.map((facts) => ({ facts, names: facts.steps.map(({ file }) => file) }));
    listed.push({ startedAt: Date.parse(manifest.startedAt), images });
  }
  return listed;
}

/** Files that a killed run could not list any more: their names continue those of an image that did not end. */
async function adopt(folder: string, startedAt: number, image: ListedImage, present: Set<string>): Promise<void> {
  const { facts, names } = image;
  if (facts.reason !== null) return;
  const steps = new Set(names.map((name) => parsed(name)?.step));
  const endings = new Set(names.map((name) => parsed(name)?.prompt));
  for (const name of [...present].sort(naturalOrder.compare)) {
    const of = parsed(name);
    const isOfImage = of?.batch === facts.batch && of.position === facts.position && of.seed === facts.seed;
    // A step that the image has already is another run's.
    if (!isOfImage || steps.has(of.step)) continue;
    const continues = endings.size > 0 ? endings.has(of.prompt) : isNamedAfter(of.prompt, facts.prompt);
    if (!continues || (await stat(join(folder, name))).mtimeMs < startedAt - timeTolerance) continue;
    endings.add(of.prompt);
    steps.add(of.step);
    names.push(name);
    present.delete(name);
  }
  names.sort((a, b) => (parsed(a)?.step ?? 0) - (parsed(b)?.step ?? 0));
}

/** Names that were taken have a number at their end. */
function isNamedAfter(named: string, prompt: string): boolean {
  const safe = safePrompt(prompt);
  return named === safe || named.replace(/(?:^|-)\d+$/u, '') === safe;
}

async function runImage(
  folder: string,
  { facts, names }: { facts: ManifestImage; names: string[] },
): Promise<RunImage> {
  const finished = facts.finished === null ? null : resolve(folder, facts.finished);
  const isThere = finished !== null && imageExtensions.has(extname(finished)) && (await isFile(finished));
  const paths = (of: readonly string[]) => of.map((name) => join(folder, name));
  if (!isThere) return { seed: facts.seed, pictures: paths(names) };
  // Manifests of before did not tell the last step.
  const lastStep = facts.lastStep ?? facts.steps.at(-1)?.step ?? 0;
  const earlier = new Set(facts.steps.filter(({ step }) => step < lastStep).map(({ file }) => file));
  return { seed: facts.seed, pictures: [...paths(names.filter((name) => earlier.has(name))), finished] };
}

/** Runs told apart by what follows the step in the names; all other names are one run, in natural order. */
async function runsByName(folder: string, names: readonly string[]): Promise<Run[]> {
  const groups = new Map<string, string[]>();
  for (const name of names.toSorted(naturalOrder.compare)) {
    const of = parsed(name);
    const key = of ? `${of.batch}.${of.position}.${of.seed}.${of.prompt}` : '';
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return await Promise.all(
    [...groups.values()].map(async (group) => {
      const files = group.map((name) => join(folder, name));
      const [first = ''] = files;
      const image = { seed: parsed(basename(first))?.seed ?? null, pictures: files };
      return { startedAt: (await stat(first)).mtimeMs, images: [image] };
    }),
  );
}

function parsed(name: string): IntermediateName | undefined {
  return parseIntermediateStem(basename(name, extname(name)));
}
