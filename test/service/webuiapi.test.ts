import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { serve } from '../cli/serve-command.js';

const script = fileURLToPath(new URL('webuiapi.py', import.meta.url));
const pythons = [process.env.STEPS_ANIMATION_PYTHON, 'python3', 'python'].filter((name) => name !== undefined);

/** A Python that has the client library; none is no fault. */
const python = pythons.find((name) => spawnSync(name, ['-c', 'import webuiapi']).status === 0);
if (!python)
  console.warn('webuiapi is not tried: pip install webuiapi, and name that Python in STEPS_ANIMATION_PYTHON');

it.skipIf(!python)('serves webuiapi, a client of the web UIs, unchanged', async () => {
  const { url } = await serve('--api-auth', 'ann:secret');
  const run = promisify(execFile)(python ?? '', [script, new URL(url).port, 'ann', 'secret']);
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
