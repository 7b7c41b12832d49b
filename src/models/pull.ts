import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ModelFolder,
  modelConfigFiles,
  readModelConfigs,
  readModelFolder,
} from '../diffusion/networks/model-folder.js';
import { StepsAnimationError } from '../errors.js';
import { tryLock } from '../files/lock.js';
import { messageOf } from '../util/error-message.js';
import { downloadFile, isWhole, partOf, sizeOf } from './file-download.js';
import { createHubFetch } from './hub-connection.js';
import { type HubFile, listHubFiles } from './hub-files.js';
import { readHubSettings } from './hub-settings.js';
import { locateModels } from './models-folders.js';
import { folderNameOf, parseRepository, type Repository, textOf } from './repository.js';

export type PullSettings = {
  /** `owner/name` or `owner/name@revision` */
  readonly repository: string;
  /** the folder of stored models; made if it is not there. That of the platform if left out (docs/models.md) */
  readonly modelsFolder?: string;
  readonly onEvent?: (event: PullEvent) => void;
  readonly signal?: AbortSignal;
};

export type PullEvent =
  /** how much there is in all */
  | {
      readonly type: 'start';
      readonly commit: string;
      readonly path: string;
      readonly files: number;
      readonly total: number;
    }
  /** how much of it is here, in bytes */
  | { readonly type: 'progress'; readonly bytes: number; readonly total: number }
  /** a file, by its path in the repository, is whole */
  | { readonly type: 'file'; readonly file: string; readonly bytes: number };

export type PulledModel = Pick<ModelFolder, 'name' | 'path' | 'width' | 'height'>;

/** How many files come at once: a few keep a fast line busy, and a hub answers more than that with refusals. */
const parallelDownloads = 3;

/** Comes last: a folder without it is no model yet. */
const [indexFile] = modelConfigFiles;

/** What the parts of a pull share. */
type Pull = {
  readonly repository: Repository;
  readonly folder: string;
  readonly onEvent: (event: PullEvent) => void;
  readonly signal: AbortSignal;
  /** brings a file of the repository to a folder, checked */
  readonly bring: (
    file: HubFile,
    folder: string,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ) => Promise<void>;
};

/**
 * Downloads the model of a hub repository. Files that are there already are checked and not brought again, and those
 * that an earlier pull left half go on.
 * @throws StepsAnimationError `usage`, `network`, `input` or `model` from the hub; `output` when the disk has no room;
 *   `interrupted` when aborted; `model` when all has come and cannot be used
 */
export async function pullModel(settings: PullSettings): Promise<PulledModel> {
  const { modelsFolder = locateModels().stored, signal = new AbortController().signal, onEvent = () => {} } = settings;
  const repository = parseRepository(settings.repository);
  const name = folderNameOf(repository);
  const folder = join(modelsFolder, name);
  try {
    const hub = await readHubSettings(process.env);
    const fetch = createHubFetch(hub, repository, signal);
    const { commit, files } = await listHubFiles(repository, { endpoint: hub.endpoint, fetch });
    const bring: Pull['bring'] = async (file, to, signal, onBytes) => {
      const url = `${hub.endpoint}/${repository.name}/resolve/${commit}/${file.path}`;
      await downloadFile({ file, url, path: join(to, file.path), fetch, signal, onBytes });
    };
    onEvent({ type: 'start', commit, path: folder, files: files.length, total: sum(files.map(({ size }) => size)) });
    await mkdir(modelsFolder, { recursive: true });
    using lock = await tryLock(join(modelsFolder, `.${name}.lock`));
    if (!lock) {
      const message = `Another process is pulling ${name} into the same folder: wait for it, or end it.`;
      throw new StepsAnimationError('output', message);
    }
    await pull({ repository, folder, onEvent, signal, bring }, files);
  } catch (error) {
    if (signal.aborted) throw interrupted(repository);
    throw error instanceof StepsAnimationError ? error : cannotWrite(folder, error);
  }
  const { path, width, height } = await readModelFolder(folder);
  return { name, path, width, height };
}

/** Brings what is missing of the files of a repository. */
async function pull({ repository, folder, onEvent, signal, bring }: Pull, files: readonly HubFile[]): Promise<void> {
  const total = sum(files.map(({ size }) => size));
  const missing = await missingOf(files, folder, signal);
  let bytes = total - sum(missing.map(({ size }) => size));
  const onBytes = (more: number) => {
    bytes += more;
    onEvent({ type: 'progress', bytes, total });
  };
  onBytes(sum(await Promise.all(missing.map((file) => sizeOf(partOf(join(folder, file.path)))))));
  if (missing.length === 0) return;

  await requireRoom(dirname(folder), total - bytes);
  const configs = files.filter(({ path }) => modelConfigFiles.some((name) => name === path));
  if (configs.some((file) => missing.includes(file)))
    await refuseOtherKinds(configs, textOf(repository), bring, signal);
  // While an older version is being replaced, the folder holds some files of each.
  await rm(join(folder, indexFile), { force: true });
  const bringHere = async (file: HubFile, signal: AbortSignal) => {
    await bring(file, folder, signal, onBytes);
    onEvent({ type: 'file', file: file.path, bytes: file.size });
  };
  const others = missing.filter(({ path }) => path !== indexFile);
  await inParallel(others, parallelDownloads, bringHere, signal);
  for (const file of files) if (file.path === indexFile) await bringHere(file, signal);
}

/** Looks at a model's configurations, which are small, before its networks come. */
async function refuseOtherKinds(
  configs: readonly HubFile[],
  name: string,
  bring: Pull['bring'],
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'steps-animation-'));
  try {
    const bringConfig = async (file: HubFile, signal: AbortSignal) => await bring(file, folder, signal, () => {});
    await inParallel(configs, parallelDownloads, bringConfig, signal);
    await readModelConfigs(folder, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function missingOf(files: readonly HubFile[], folder: string, signal: AbortSignal): Promise<HubFile[]> {
  const missing: HubFile[] = [];
  for (const file of files) {
    if (!(await isWhole(join(folder, file.path), file, signal))) missing.push(file);
  }
  return missing;
}

async function requireRoom(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new StepsAnimationError(
    'output',
    `The model needs ${megabytes(needed)} more, and the disk of ${folder} has room for ${megabytes(bavail * bsize)}: free some space, or choose another folder with --models-dir.`,
  );
}

/** Works on so many items at once, in their order. The first failure ends all of it, and is thrown when that is done. */
async function inParallel<T>(
  items: readonly T[],
  count: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  const workers = Array.from({ length: count }, async () => {
    for (const item of queue) await work(item, either);
  });
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

function interrupted(repository: Repository): StepsAnimationError {
  const again = `steps-animation models pull ${textOf(repository)}`;
  return new StepsAnimationError(
    'interrupted',
    `Stopped; what has come is kept, and the same command goes on: ${again}`,
  );
}

function cannotWrite(folder: string, cause: unknown): StepsAnimationError {
  const reason = messageOf(cause);
  const remedy = 'make it writable, free some space, or choose another folder with --models-dir; what has come is kept';
  return new StepsAnimationError('output', `Cannot write to ${folder} (${reason}): ${remedy}.`, { cause });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
