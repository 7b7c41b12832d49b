import { mkdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ModelFolder,
  modelConfigFiles,
  readModelConfigs,
  readModelFolder,
} from '../diffusion/networks/model-folder.js';
import { StepsAnimationError } from '../errors.js';
import { tryLock } from '../files/lock.js';
import { withTemporaryFolder } from '../files/temporary-folder.js';
import { messageOf } from '../util/error-message.js';
import { downloadFile, isIntact, partOf, sizeOf } from './file-download.js';
import { createHubFetch, readHubSettings } from './hub.js';
import { type HubFile, listHubFiles } from './hub-files.js';
import { locateModels } from './models-folders.js';
import { folderNameOf, parseRepository, type Repository, textOf } from './repository.js';

/** What to pull, and where to. */
export type PullSettings = {
  /** `owner/name`, `owner/name@revision`, or a short name (docs/models.md). */
  readonly repository: string;
  /** The folder of stored models, created if missing. Default: that of {@link locateModels}. */
  readonly modelsFolder?: string;
  /** Called with the progress. */
  readonly onEvent?: (event: PullEvent) => void;
  /** Stops the pull; the next one resumes it. */
  readonly signal?: AbortSignal;
};

/** The progress of a pull. */
export type PullEvent =
  /** The files of the repository, and their total size in bytes. */
  | {
      readonly type: 'start';
      readonly commit: string;
      readonly path: string;
      readonly files: number;
      readonly total: number;
    }
  /** How many bytes are on disk. */
  | { readonly type: 'progress'; readonly bytes: number; readonly total: number }
  /** A file, by its path in the repository, is complete. */
  | { readonly type: 'file'; readonly file: string; readonly bytes: number };

/** The model folder that a pull has completed. */
export type PulledModel = Pick<ModelFolder, 'name' | 'path' | 'width' | 'height'>;

/** A few downloads at a time use a fast connection fully; hubs limit the rate of more. */
const maxParallelDownloads = 3;

/** Downloaded last: a folder without it does not count as a model. */
const [indexFile] = modelConfigFiles;

type Pull = {
  readonly repository: Repository;
  readonly folder: string;
  readonly onEvent: (event: PullEvent) => void;
  readonly signal: AbortSignal;
  /** Downloads a file of the repository to a folder and verifies it. */
  readonly download: (
    file: HubFile,
    folder: string,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ) => Promise<void>;
};

/**
 * Downloads the model of a hub repository. Files that exist are verified and not downloaded again; partial files of an
 * earlier pull are resumed.
 * @throws StepsAnimationError `usage` for an invalid repository or setting; `network` and `input` from the hub; `output`
 *   when the folder is not writable, locked by another pull, or has too little space; `interrupted` when aborted;
 *   `model` when this engine cannot run the model
 * @example
 * ```ts
 * const { path } = await pullModel({ repository: 'sdxl-turbo', onEvent: (event) => console.log(event) });
 * ```
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
    const download: Pull['download'] = async (file, to, signal, onBytes) => {
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
    await pull({ repository, folder, onEvent, signal, download }, files);
  } catch (error) {
    if (signal.aborted) throw interrupted(repository);
    throw error instanceof StepsAnimationError ? error : cannotWrite(folder, error);
  }
  const { path, width, height } = await readModelFolder(folder);
  return { name, path, width, height };
}

/** Downloads the files that are missing or damaged. */
async function pull({ repository, folder, onEvent, signal, download }: Pull, files: readonly HubFile[]): Promise<void> {
  const total = sum(files.map(({ size }) => size));
  const missing = await missingOf(files, folder, signal);
  let bytes = total - sum(missing.map(({ size }) => size));
  const onBytes = (more: number) => {
    bytes += more;
    onEvent({ type: 'progress', bytes, total });
  };
  onBytes(sum(await Promise.all(missing.map((file) => sizeOf(partOf(join(folder, file.path)))))));
  if (missing.length === 0) return;

  await requireDiskSpace(dirname(folder), total - bytes);
  const configs = files.filter(({ path }) => modelConfigFiles.some((name) => name === path));
  if (configs.some((file) => missing.includes(file)))
    await requireSupportedModel(configs, textOf(repository), download, signal);
  // While an older version is being replaced, the folder holds files of both.
  await rm(join(folder, indexFile), { force: true });
  const downloadHere = async (file: HubFile, signal: AbortSignal) => {
    await download(file, folder, signal, onBytes);
    onEvent({ type: 'file', file: file.path, bytes: file.size });
  };
  const others = missing.filter(({ path }) => path !== indexFile);
  await forEachParallel(others, maxParallelDownloads, downloadHere, signal);
  for (const file of files) if (file.path === indexFile) await downloadHere(file, signal);
}

/** Checks a model's configuration files, which are small, before its networks are downloaded. */
async function requireSupportedModel(
  configs: readonly HubFile[],
  name: string,
  download: Pull['download'],
  signal: AbortSignal,
): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const downloadConfig = (file: HubFile, signal: AbortSignal) => download(file, folder, signal, () => {});
    await forEachParallel(configs, maxParallelDownloads, downloadConfig, signal);
    await readModelConfigs(folder, name);
  });
}

async function missingOf(files: readonly HubFile[], folder: string, signal: AbortSignal): Promise<HubFile[]> {
  const missing: HubFile[] = [];
  for (const file of files) {
    if (!(await isIntact(join(folder, file.path), file, signal))) missing.push(file);
  }
  return missing;
}

async function requireDiskSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new StepsAnimationError(
    'output',
    `The model needs ${megabytes(needed)} more, but the disk of ${folder} has ${megabytes(bavail * bsize)} free: free some space, or choose another folder with --models-dir.`,
  );
}

/** Processes up to `count` items at a time, in order. The first failure aborts the others and is thrown when they end. */
async function forEachParallel<T>(
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
    `Stopped; what has been downloaded is kept. Run the same command to continue: ${again}`,
  );
}

function cannotWrite(folder: string, cause: unknown): StepsAnimationError {
  const reason = messageOf(cause);
  const remedy =
    'make it writable, free some space, or choose another folder with --models-dir; what has been downloaded is kept';
  return new StepsAnimationError('output', `Cannot write to ${folder} (${reason}): ${remedy}.`, { cause });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
