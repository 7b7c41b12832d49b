import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes an empty folder for temporary files, which the caller deletes. @returns its absolute path */
export async function makeTemporaryFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'steps-animation-'));
}

/** Runs `work` with an empty folder, which is deleted afterwards. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
