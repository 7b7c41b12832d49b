import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serve } from '../cli/serve-command.js';
import { findPython } from '../helpers/find-python.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const python = findPython('schemathesis');

/** What Schemathesis checks of each answer. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

it.skipIf(!python)('answers every request that its OpenAPI describes, right or wrong, as it says there', async () => {
  // Hosts are added, and removed.
  vi.stubEnv('XDG_CONFIG_HOME', await temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url, post } = await serve();
  // A job whose image, steps and animation there are.
  const script = { 'steps animation': { args: [{ duration: 1, fps: 5 }] } };
  expect((await post('/sdapi/v1/txt2img', { steps: 3, alwayson_scripts: script })).status).toBe(200);
  const flags = ['--checks', checks.join(','), '--max-examples', '25', '--seed', '1', '--request-timeout', '60'];
  // Events do not end.
  const run = promisify(execFile)(
    python ?? '',
    ['-m', 'schemathesis.cli', 'run', ...flags, '--exclude-path', '/api/v1/events', new URL('/docs/json', url).href],
    { cwd: await temporaryFolder(), maxBuffer: 2 ** 27, env: { ...process.env, NO_COLOR: '1' } },
  );
  await run.catch(({ stdout, stderr }) => {
    throw new Error(`${stdout}\n${stderr}`);
  });
});
