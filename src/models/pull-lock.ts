import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { isRunning } from '../files/is-running.js';

/** Those of this process: a file with its number may be left of one that is no more. */
const held = new Set<string>();

/**
 * Keeps other pulls, also of other processes of this machine, from writing the same files until it is disposed of. A
 * lock that a killed process has left holds nobody up.
 * @param modelsFolder the folder of stored models, which is there
 * @param name of the model's folder in it
 * @throws StepsAnimationError `output` while another pull has the lock; errors of the file system as they are
 */
export async function lockPull(modelsFolder: string, name: string): Promise<AsyncDisposable> {
  const path = join(modelsFolder, `.${name}.pull`);
  if (held.has(path)) throw locked(process.pid, name);
  held.add(path);
  try {
    await takeLock(path, name);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
      held.delete(path);
    },
  };
}

async function takeLock(path: string, name: string): Promise<void> {
  const write = async () => await writeFile(path, String(process.pid), { flag: 'wx' });
  try {
    await write();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && owner !== process.pid && isRunning(owner)) throw locked(owner, name);
    await rm(path, { force: true });
    await write();
  }
}

function locked(owner: number, name: string): StepsAnimationError {
  const message = `Process ${owner} is pulling ${name} into the same folder: wait for it, or end it.`;
  return new StepsAnimationError('output', message);
}
