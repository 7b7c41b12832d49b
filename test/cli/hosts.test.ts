import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { FakeComfyui } from '../hosts/comfyui/fake-comfyui.js';
import { FakeInvokeai } from '../hosts/invokeai/fake-invokeai.js';
import { startFakeWebui } from '../hosts/webui/fake-webui.js';
import { runCommand, runCommandOn } from './run-command.js';
import { serve } from './serve-command.js';

const quick = ['--duration', '1', '--fps', '10', '--min-size', '0', '--json'];

describe('--host', () => {
  it('makes images with the model that another host has loaded', async () => {
    const fake = await startFakeWebui();
    const outdir = await temporaryFolder();
    const flags = ['--host', 'webui', '--url', fake.url, '--host-auth', 'ann:secret', '--outdir', outdir];
    const { stdout, stderr, exitCode } = await runCommand('txt2img', 'a red apple', '--steps', '5', ...flags, ...quick);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('The web UI showed 4 of 5 steps.');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'animation', width: 16, height: 8, steps: 4, frames: 10 });
    const { body } = fake.requests.find(({ path }) => path === '/sdapi/v1/txt2img') ?? {};
    expect(body?.override_settings).not.toHaveProperty('sd_model_checkpoint');
  });

  it("makes a movie of InvokeAI's steps, and lists what it has", async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 5, 5);
      item.end();
    });
    const outdir = await temporaryFolder();
    const flags = ['--host', 'invokeai', '--url', fake.url];
    const made = await runCommand('txt2img', 'a red apple', '--steps', '5', ...flags, '--outdir', outdir, ...quick);
    expect(JSON.parse(made.stdout)).toMatchObject({ type: 'animation', width: 64, height: 48, steps: 5, frames: 10 });
    expect((await runCommand('hosts', 'test', ...flags)).stdout).toMatch(/models +tiny, large/u);
  });

  it('takes a workflow from standard input', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      await run.step('5', 1, 2);
      run.end();
    });
    const flags = ['--host', 'comfyui', '--url', fake.url, '--workflow', '-', '--outdir', await temporaryFolder()];
    const workflow = await readFile(new URL('../hosts/comfyui/two-passes.json', import.meta.url), 'utf8');
    const { exitCode } = await runCommandOn(workflow, 'txt2img', 'a red apple', ...flags, ...quick);
    expect(exitCode).toBe(0);
    expect(fake.runs[0]?.submitted.prompt['2']?.inputs.text).toBe('a red apple');
    const { stderr } = await runCommandOn('{', 'txt2img', 'a red apple', ...flags, ...quick);
    expect(stderr).toContain('The workflow on standard input cannot be read');
  });

  it('is refused where there is no such host', async () => {
    const { stderr, exitCode } = await runCommand('txt2img', 'a', '--host', 'nothing');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('choose one of: embedded, comfyui, invokeai, webui');
  });

  it('serves another host with its own samplers', async () => {
    const samplers = ['Euler a', 'Strange'].map((name) => ({ name, aliases: [] }));
    const fake = await startFakeWebui({ samplers });
    const { post, get } = await serve('--host', 'webui', '--url', fake.url);
    expect(await get('/sdapi/v1/samplers')).toMatchObject([{ name: 'Euler a' }, { name: 'Strange' }]);
    expect(await get('/sdapi/v1/sd-models')).toMatchObject([{ model_name: 'first' }]);
    const { status, body } = await post('/sdapi/v1/txt2img', { prompt: 'a', sampler_name: 'strange', steps: 4 });
    expect(status).toBe(200);
    expect(body.images).toHaveLength(1);
    const request = fake.requests.find(({ path }) => path === '/sdapi/v1/txt2img');
    expect(request?.body).toMatchObject({
      sampler_name: 'Strange',
      override_settings: { sd_model_checkpoint: 'first' },
    });
  });
});

describe.runIf(process.platform === 'linux')('serve', () => {
  it('gives the jobs to the configured hosts, and reports those that cannot be opened', async () => {
    const fake = await startFakeWebui();
    const config = await temporaryFolder();
    vi.stubEnv('XDG_CONFIG_HOME', config);
    const folder = join(config, 'steps-animation');
    await mkdir(folder);
    const hosts = [
      { name: 'studio', host: 'webui', url: fake.url },
      { name: 'broken', host: 'comfyui', workflow: 'nothing.json' },
    ];
    await writeFile(join(folder, 'steps-animation.config.json'), JSON.stringify({ hosts }));
    const { child, get, post, result } = await serve();
    vi.unstubAllEnvs();
    expect(await get('/sdapi/v1/sd-models')).toMatchObject([{ model_name: 'first' }, { model_name: 'emoji' }]);
    expect(await get('/sdapi/v1/options')).toMatchObject({ sd_model_checkpoint: 'first' });
    expect((await post('/sdapi/v1/txt2img', { prompt: 'a', steps: 4 })).status).toBe(200);
    expect(fake.requests.some(({ path }) => path === '/sdapi/v1/txt2img')).toBe(true);
    child.kill('SIGTERM');
    expect((await result).stderr).toContain('The host broken is left out: There is no file nothing.json');
  });
});

describe('hosts', () => {
  it('lists those that are configured', async () => {
    const config = await temporaryFolder();
    vi.stubEnv('XDG_CONFIG_HOME', config);
    const folder = join(config, 'steps-animation');
    await mkdir(folder);
    const fake = await startFakeWebui();
    const hosts = [
      { name: 'studio', host: 'webui', url: fake.url, auth: 'ann:secret' },
      { name: 'away', host: 'webui', url: 'http://127.0.0.1:9' },
    ];
    await writeFile(join(folder, 'steps-animation.config.json'), JSON.stringify({ hosts }));
    const { stdout, exitCode } = await runCommand('hosts', 'list', '--json');
    vi.unstubAllEnvs();
    expect(exitCode).toBe(0);
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries[0]).toMatchObject({ name: 'embedded', problem: null });
    if (process.platform !== 'linux') return;
    const command = expect.stringContaining('--host studio');
    expect(entries[1]).toMatchObject({ name: 'studio', host: 'webui', url: fake.url, models: ['first'], command });
    const problem = expect.stringContaining('Cannot reach the web UI');
    expect(entries[2]).toMatchObject({ name: 'away', models: null, command: null, problem });
  });

  it('asks one what it has', async () => {
    const fake = await startFakeWebui();
    const { stdout } = await runCommand('hosts', 'test', '--host', 'webui', '--url', fake.url);
    expect(stdout).toMatch(/models +first/);
    const failed = await runCommand('hosts', 'test', '--host', 'webui', '--url', 'http://127.0.0.1:9');
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('see that it runs') });
  });

  it('gives one a name, and forgets it', async () => {
    const config = await temporaryFolder();
    vi.stubEnv('XDG_CONFIG_HOME', config);
    vi.stubEnv('HOME', config);
    vi.stubEnv('APPDATA', config);
    onTestFinished(() => void vi.unstubAllEnvs());
    const fake = await startFakeWebui();
    const flags = ['--host', 'webui', '--url', fake.url, '--host-auth', 'ann:secret'];
    const added = await runCommand('hosts', 'add', 'my studio', ...flags);
    expect(added).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining("--host 'my studio'") });
    const { stdout } = await runCommand('hosts', 'test', '--host', 'my studio', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ host: 'webui', models: [{ name: 'first' }] });
    const again = await runCommand('hosts', 'add', 'my studio', ...flags);
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('There is a host "my studio" already'),
    });
    expect(await runCommand('hosts', 'remove', 'my studio')).toMatchObject({ exitCode: 0 });
    const gone = await runCommand('hosts', 'remove', 'my studio');
    expect(gone).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has not been added') });
    expect((await runCommand('hosts', 'test', '--host', 'my studio')).exitCode).toBe(2);
  });

  it('adds one that is not there yet, and says so, but none that cannot be', async () => {
    const config = await temporaryFolder();
    vi.stubEnv('XDG_CONFIG_HOME', config);
    vi.stubEnv('HOME', config);
    vi.stubEnv('APPDATA', config);
    onTestFinished(() => void vi.unstubAllEnvs());
    const added = await runCommand('hosts', 'add', 'later', '--host', 'webui', '--url', 'http://127.0.0.1:9');
    expect(added).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('does not answer at the moment') });
    expect((await runCommand('hosts', 'list')).stdout).toContain('later');
    const kinds = 'must be one of embedded, comfyui, invokeai, webui';
    const wrong = [
      [[], `--host is missing: it ${kinds}.`],
      [['--host', 'nothing'], `--host ${kinds}, not "nothing".`],
      [['--host', 'webui', '--url', 'studio'], '"studio" is no address of the web UI: give one such as http://'],
      [['--host', 'comfyui', '--workflow', 'nope.json'], 'nope.json for --workflow: check its name'],
    ] as const;
    for (const [flags, message] of wrong) {
      const refused = await runCommand('hosts', 'add', 'other', ...flags);
      expect(refused).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
    }
    const help = (await runCommand('hosts', 'add', '--help')).stdout.replace(/\s+/g, ' ');
    expect(help).toContain('kind of the host: embedded, comfyui, invokeai, webui (docs/hosts.md) --url');
    expect(await runCommand('hosts', 'add', 'webui', '--host', 'webui')).toMatchObject({ exitCode: 2, stdout: '' });
    const flow = await runCommand('hosts', 'add', 'flow', '--host', 'comfyui', '--workflow', '-');
    expect(flow).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('give a file, not standard input') });
  });

  it.skipIf(process.platform === 'win32')('prints a command that is quoted for the shell', async () => {
    const config = await temporaryFolder();
    vi.stubEnv('XDG_CONFIG_HOME', config);
    vi.stubEnv('HOME', config);
    onTestFinished(() => void vi.unstubAllEnvs());
    const name = 'a;b $(echo c) "d" it\'s';
    const { stdout } = await runCommand('hosts', 'add', name, '--host', 'webui', '--url', 'http://127.0.0.1:9');
    const command = stdout.slice(stdout.indexOf('steps-animation txt2img')).trim();
    const words = execFileSync('sh', ['-c', command.replace('steps-animation', "printf '%s\\n'")], {
      encoding: 'utf8',
    });
    expect(words.split('\n')).toEqual(['txt2img', 'a red apple', '--host', name, '']);
  });
});
