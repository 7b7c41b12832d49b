import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { commit, type FakeHub, refuse, repository, startFakeHub } from '../helpers/fake-hub.js';
import { filesBelow } from '../helpers/files-below.js';
import { smallDisk } from '../helpers/small-disk.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand, startCommand } from './run-command.js';

const tinyModel = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
const weights = 'unet/model.onnx_data';

/** A hub with the tiny model, and an empty folder for stored models that the environment names. */
async function start(more: readonly (readonly [string, Buffer])[] = []): Promise<{ hub: FakeHub; stored: string }> {
  const hub = await startFakeHub([...(await filesBelow(tinyModel)), ...more]);
  const stored = join(await temporaryFolder(), 'models');
  vi.stubEnv('STEPS_ANIMATION_MODELS', stored);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { hub, stored };
}

function linesOf(text: string) {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('models', () => {
  it('pulls a model that txt2img then uses', async () => {
    const { hub, stored } = await start();
    const pulled = await runCommand('models', 'pull', repository);
    const folder = join(stored, 'owner--a-model');
    expect(pulled).toMatchObject({ exitCode: 0, stdout: `model      ${folder}  (32x32)\n` });
    expect(pulled.stderr).toBe(`Use it with: steps-animation txt2img "a red apple" --model ${repository}\n`);

    hub.requests.length = 0;
    const outdir = await temporaryFolder();
    const size = ['--width', '64', '--height', '48', '--steps', '2', '--duration', '0.5'];
    const run = await runCommand('txt2img', 'a', '--model', repository, ...size, '--outdir', outdir, '--json');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'animation', steps: 2 });

    const list = await runCommand('models', 'list');
    expect(list.stdout).toMatch(/^emoji +128x128 +[\d.]+ MB +packaged$/m);
    expect(list.stdout).toMatch(/^owner--a-model +32x32 +[\d.]+ kB +stored$/m);
    const entries = linesOf((await runCommand('models', 'list', '--json')).stdout);
    expect(entries).toContainEqual(
      expect.objectContaining({ name: 'owner--a-model', source: 'stored', path: folder, width: 32, problem: null }),
    );
    expect((await runCommand('models', 'path', repository)).stdout).toBe(`${folder}\n`);
    expect((await runCommand('models', 'path')).stdout).toBe(`${stored}\n`);
    expect(hub.requests).toEqual([]);
  });

  it('prints its progress as JSON', async () => {
    const { stored } = await start();
    const dir = join(stored, 'elsewhere');
    const { stdout, stderr } = await runCommand('models', 'pull', repository, '--json', '--models-dir', dir);
    const lines = linesOf(stdout);
    const path = join(dir, 'owner--a-model');
    expect(lines[0]).toMatchObject({ type: 'start', commit, path });
    expect(lines.filter(({ type }) => type === 'file')).toHaveLength(lines[0].files);
    expect(lines.at(-1)).toEqual({ type: 'model', name: 'owner--a-model', path, width: 32, height: 32 });
    expect(stderr).toBe('');
  });

  it.each([
    [['pull', 'nowhere'], 2, /"nowhere" is no model repository/],
    [['pull', '../..'], 2, /is no model repository/],
    [['pull', 'owner/other'], 1, /no public model owner\/other/],
    [['path', 'none'], 2, /There is no model "none"; choose one of: emoji/],
  ])('%j is refused in one line', async (args, exitCode, message) => {
    await start();
    const result = await runCommand('models', ...args);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(/^error: .+\n$/);
    expect(result.stderr).toMatch(message);
  });

  it('alone lists its commands', async () => {
    const { stderr, exitCode } = await runCommand('models');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^ +pull .*error: Name one of these commands\.\n$/ms);
  });

  it('says what to do about a gated model', async () => {
    const { hub } = await start();
    hub.intercept = (path, response) => {
      if (!path.includes('/resolve/')) return false;
      refuse(response, 401, 'GatedRepo');
      return true;
    };
    const { exitCode, stderr } = await runCommand('models', 'pull', repository);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .* is gated: accept its terms at .*HF_TOKEN.*\n$/);
  });

  it('stays offline when asked to', async () => {
    const { hub } = await start();
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await runCommand('models', 'pull', repository)).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await runCommand('models', 'list')).exitCode).toBe(0);
    expect(hub.requests).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it.skipIf(process.platform === 'win32')('keeps what has come, and the same command goes on', async () => {
    const { hub, stored } = await start([[weights, randomBytes(3_000_000)]]);
    const send = hub.send;
    const command = startCommand('models', 'pull', repository);
    hub.send = (path, content, response) => {
      if (path !== weights) return send(path, content, response);
      response.write(content.subarray(0, 2_000_000), () => command.child.kill('SIGINT'));
    };
    const { stderr, exitCode } = await command.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/to continue: steps-animation models pull owner\/a-model\n$/);
    const unfinished = await runCommand('models', 'list');
    expect(unfinished.stdout).toMatch(/^owner--a-model .*not whole yet: pull it again$/m);

    hub.send = send;
    expect((await runCommand('models', 'pull', repository)).exitCode).toBe(0);
    expect(await readdir(join(stored, 'owner--a-model', 'unet'))).not.toContain('model.onnx_data.part');
  });
});

describe('a kill', () => {
  it('in mid-file neither blocks the next pull nor loses what was downloaded', async () => {
    const { hub, stored } = await start([[weights, randomBytes(3_000_000)]]);
    const send = hub.send;
    const command = startCommand('models', 'pull', repository);
    hub.send = (path, content, response) => {
      if (path !== weights) return send(path, content, response);
      response.write(content.subarray(0, 1_000_000));
      const part = join(stored, 'owner--a-model', `${weights}.part`);
      void vi
        .waitUntil(() => existsSync(part) && statSync(part).size === 1_000_000, { timeout: 60_000 })
        .then(() => command.child.kill('SIGKILL'));
    };
    expect((await command.result).exitCode).toBeNull();

    hub.send = send;
    hub.requests.length = 0;
    expect((await runCommand('models', 'pull', repository)).exitCode).toBe(0);
    expect(hub.requests.flatMap(({ host, range }) => (host === 'cdn' ? (range ?? []) : []))).toEqual([
      'bytes=1000000-',
    ]);
    expect(await readdir(stored)).toEqual(['owner--a-model']);
  });
});

describe('a disk without room', () => {
  it('is refused before anything is downloaded', async () => {
    const { hub } = await start([[weights, randomBytes(3_000_000)]]);
    const folder = await smallDisk(1000);
    if (folder === undefined) return console.log('not tested: no right to mount a small file system');
    const { exitCode, stderr } = await runCommand('models', 'pull', repository, '--models-dir', folder);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: The model needs 4 MB more, but .* has \d MB free: free some space, .*--models-dir/);
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });
});
