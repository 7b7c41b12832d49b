import { readFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';

/** The ids of the child processes that run a module of the build, such as `movie/process`. */
export async function childrenRunning(module: string, parent = process.pid): Promise<number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const found: number[] = [];
  for (const id of children.trim().split(' ').filter(Boolean)) {
    const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(`${module}.js`)) found.push(Number(id));
  }
  return found;
}

/** Whether a process exists, also one that is stopped. */
export function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

/** Makes the child processes that run a module hang, as soon as there are some. @returns their ids */
export async function hang(module: string, parent = process.pid): Promise<readonly number[]> {
  for (;;) {
    const ids = await childrenRunning(module, parent);
    for (const id of ids) process.kill(id, 'SIGSTOP');
    onTestFinished(() => {
      for (const id of ids) if (isRunning(id)) process.kill(id, 'SIGKILL');
    });
    if (ids.length > 0) return ids;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
