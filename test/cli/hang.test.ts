import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hang, isRunning } from '../helpers/child-processes.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { startCommand } from './run-command.js';
import { serve } from './serve-command.js';

const model = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

/** The command in the midst of sampling. */
async function sampling() {
  const size = ['--width', '64', '--height', '64', '--steps', '1000', '--batch-count', '50', '--duration', '1'];
  const args = ['--model', model, ...size, '--outdir', await temporaryFolder()];
  const { child, result } = startCommand('txt2img', 'an apple', ...args);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stderr, 'data');
  return { child, result };
}

describe('Ctrl-C', () => {
  it.each(['diffusion/inference-process', 'movie/process'])('ends txt2img although %s hangs', async (module) => {
    const { child, result } = await sampling();
    const ids = await hang(module, child.pid);
    child.kill('SIGINT');
    const { exitCode, stderr } = await result;
    expect([0, 130], stderr).toContain(exitCode);
    expect(ids.some(isRunning)).toBe(false);
  });

  it('leaves nothing behind that hangs when it is pressed twice', async () => {
    const { child, result } = await sampling();
    const ids = await hang('diffusion/inference-process', child.pid);
    let presses = 0;
    child.stderr.on('data', (text: string) => {
      if (text.includes('press Ctrl-C again') && ++presses === 1) child.kill('SIGINT');
    });
    child.kill('SIGINT');
    expect((await result).exitCode).toBe(130);
    await expect.poll(() => ids.some(isRunning)).toBe(false);
  });
});

describe('serve', () => {
  it('ends at one signal although processes hang, and clients neither send nor take anything', async () => {
    const { child, result, url, post, get } = await serve();
    post('/sdapi/v1/txt2img', { steps: 1000 }).catch(() => {});
    await expect
      .poll(async () => (await get('/sdapi/v1/progress')).state.sampling_step, { timeout: 60_000 })
      .toBeGreaterThan(2);
    const { port, hostname } = new URL(url);
    const client = connect(Number(port), hostname).on('error', () => {});
    client.write(`POST /api/v1/jobs HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 100\r\n\r\n{`);
    const ids = await hang('diffusion/inference-process', child.pid);
    child.kill('SIGTERM');
    expect((await result).exitCode).toBe(0);
    expect(ids.some(isRunning)).toBe(false);
  });
});
