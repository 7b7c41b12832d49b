import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { serve } from '../cli/serve-command.js';
import { findPython } from '../helpers/find-python.js';

const script = fileURLToPath(new URL('webuiapi.py', import.meta.url));
const python = findPython('webuiapi');

it.skipIf(!python)('serves webuiapi, a client of the web UIs, unchanged', async () => {
  const { url } = await serve('--api-auth', 'ann:secret');
  const run = promisify(execFile)(python ?? '', [script, new URL(url).port, 'ann', 'secret']);
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
