import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { listModelNames, type ModelFolder, readModelFolder } from '../diffusion/networks/model-folder.js';
import { StepsAnimationError } from '../errors.js';
import { isFolder } from '../util/exists.js';
import { locateModels, type ModelsFolders } from './models-folders.js';
import { folderNameOf, readRepository } from './repository.js';

/** A model folder, usable or not. */
export type ModelEntry = {
  /** that of its folder, which `--model` takes */
  readonly name: string;
  readonly source: keyof ModelsFolders;
  /** absolute */
  readonly path: string;
  /** size on disk */
  readonly bytes: number;
  /** size of the pictures that the model was trained on, in pixels; null where the model cannot be used */
  readonly width: number | null;
  readonly height: number | null;
  /** such as `SD 1.x`; null where it is none of the known ones */
  readonly family: string | null;
  /** why the model cannot be used; null where it can */
  readonly problem: string | null;
};

/**
 * Every model there is, those of the package first, by name; what cannot be used tells why.
 * @param folders those of the package and of the platform if left out
 */
export async function listModels({ packaged, stored }: ModelsFolders = locateModels()): Promise<ModelEntry[]> {
  const lists = await Promise.all([describeFolder(packaged, 'packaged'), describeFolder(stored, 'stored')]);
  return lists.flat();
}

/**
 * Finds a model by the name of its folder or of its repository (`owner/name`, or the short name that it is pulled by) in
 * the first folder that has it, or else takes the name for the path of a model folder.
 * @returns the absolute path
 * @throws StepsAnimationError `usage` naming the models that there are
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

/** The models of some folders, of those with the same name only the first; without those that cannot be used. */
export async function readUsableModels(folders: readonly string[]): Promise<ModelFolder[]> {
  const paths = await listModelFolders(folders);
  const models = await Promise.allSettled(paths.map((path) => readModelFolder(path)));
  return models.flatMap((model) => (model.status === 'fulfilled' ? [model.value] : []));
}

/** The absolute paths of the models in some folders; of those with the same name only the first. */
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
  const whole = await listModelNames(folder);
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const found = whole.includes(name) ? await readUsable(path) : unusable('not whole yet: pull it again');
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

/** The width of what the text encoder gives (CLIP ViT-L, OpenCLIP ViT-H) tells Stable Diffusion 1 and 2 apart. */
const familiesByTextWidth: Readonly<Record<number, string>> = { 768: 'SD 1.x', 1024: 'SD 2.x' };

async function familyOf({ path, family }: ModelFolder): Promise<string | null> {
  if (family === 'sdxl') return 'SDXL';
  const unet = unetSchema.safeParse(await readJson(join(path, 'unet', 'config.json')));
  return familiesByTextWidth[unet.data?.cross_attention_dim ?? 0] ?? null;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
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
