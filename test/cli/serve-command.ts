import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { startCommand } from './run-command.js';

/** The service on a free port, as a person starts it. */
export async function serve(...flags: string[]) {
  const outdir = await temporaryFolder();
  const { child, result } = startCommand('serve', '--port', '0', '--outdir', outdir, ...flags);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = /http:\S+/.exec(line)?.[0] ?? '';
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, url), { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: await readJson(response) };
  };
  return { child, result, url, post, get: async (path: string) => readJson(await fetch(new URL(path, url))) };
}

/** What the answers of this API have in the places that the tests look at. */
type Answer = { images: string[]; info: string; state: { sampling_step: number; job: string }; jobs: object[] };

async function readJson(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}
