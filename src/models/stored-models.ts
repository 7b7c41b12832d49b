import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { listModelNames, type ModelFolder, readConfig, readModelFolder } from '../diffusion/networks/model-folder.js';
import { StepsAnimationError } from '../errors.js';
import { isFolder } from '../util/exists.js';
import { locateModels, type ModelsFolders } from './models-folders.js';
import { folderNameOf, readRepository } from './repository.js';

/** A model folder in a list, usable or not. */
export type ModelEntry = {
  /** Name of its folder, as `--model` takes it. */
  readonly name: string;
  /** Whether it comes with this package or is a stored one. */
  readonly source: keyof ModelsFolders;
  /** Absolute. */
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
  /** Size of the pictures that the model was trained on, in pixels; null if the model cannot be used. */
  readonly width: number | null;
  readonly height: number | null;
  /** `SD 1.x`, `SD 2.x` or `SDXL`; null if unknown. */
  readonly family: string | null;
  /** Why the model cannot be used; null if it can. */
  readonly problem: string | null;
};

/**
 * Lists all models, those of the package first, then by name; those that cannot be used say why.
 * @param folders default: those of {@link locateModels}
 * @returns one entry for each model folder
 */
export async function listModels(folders: ModelsFolders = locateModels()): Promise<ModelEntry[]> {
  const { packaged, stored } = folders;
  const lists = await Promise.all([describeFolder(packaged, 'packaged'), describeFolder(stored, 'stored')]);
  return lists.flat();
}

/**
 * Finds a model by the name of its folder or repository (`owner/name`, or its short name) in the first folder that has
 * it, or else by the path of a model folder.
 * @returns the absolute path
 * @throws StepsAnimationError `usage`, listing the available models
 */
export async function findModelFolder(name: string, folders: readonly string[]): Promise<string> {
  const paths = await listModelFolders(folders);
  const repository = readRepository(name);
  const wanted = [name, ...(repository ? [folderNameOf(repository)] : [])];
  const found = paths.find((path) => wanted.includes(basename(path)));
  if (found !== undefined) return found;
  if (await isFolder(name)) return resolve(name);
  const names = paths.map((path) => basename(path)).join(', ');
  const pull = repository ? `, or get it whole with "steps-animation models pull ${name}"` : '';
  const remedy = `${names === '' ? '' : `choose one of: ${names}, or `}give a model folder${pull}`;
  throw new StepsAnimationError('usage', `There is no model "${name}"; ${remedy}.`);
}

/** The usable models of some folders; of those with the same name the first. */
export async function readUsableModels(folders: readonly string[]): Promise<ModelFolder[]> {
  const paths = await listModelFolders(folders);
  const models = await Promise.allSettled(paths.map((path) => readModelFolder(path)));
  return models.flatMap((model) => (model.status === 'fulfilled' ? [model.value] : []));
}

/** The absolute paths of the models in some folders; of those with the same name the first. */
async function listModelFolders(folders: readonly string[]): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await listModelNames(folder)) {
      if (!paths.has(name)) paths.set(name, resolve(folder, name));
    }
  }
  return [...paths.values()];
}

async function describeFolder(folder: string, source: ModelEntry['source']): Promise<ModelEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  const complete = await listModelNames(folder);
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const found = complete.includes(name) ? await readUsable(path) : unusable('not whole yet: pull it again');
      return { name, source, path, bytes: await bytesOf(path), ...found };
    }),
  );
}

type Usability = Pick<ModelEntry, 'width' | 'height' | 'family' | 'problem'>;

async function readUsable(path: string): Promise<Usability> {
  try {
    const model = await readModelFolder(path);
    return { width: model.width, height: model.height, family: await familyOf(model), problem: null };
  } catch (error) {
    if (error instanceof StepsAnimationError) return unusable(error.message);
    throw error;
  }
}

function unusable(problem: string): Usability {
  return { width: null, height: null, family: null, problem };
}

const unetSchema = z.object({ cross_attention_dim: z.int() });

/** The width of the text encoder (CLIP ViT-L, OpenCLIP ViT-H) distinguishes Stable Diffusion 1 and 2. */
const familiesByTextWidth: Readonly<Record<number, string>> = { 768: 'SD 1.x', 1024: 'SD 2.x' };

async function familyOf({ path, family }: ModelFolder): Promise<string | null> {
  if (family === 'sdxl') return 'SDXL';
  const unet = await readConfig(path, 'unet/config.json', unetSchema).catch(() => undefined);
  return familiesByTextWidth[unet?.cross_attention_dim ?? 0] ?? null;
}

async function bytesOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(path, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
