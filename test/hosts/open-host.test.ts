import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findHosts } from '#src/hosts/find-hosts.js';
import { openHost } from '#src/hosts/open-host.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { startFakeWebui } from './webui/fake-webui.js';

/** A working folder with this config file in it. */
async function configure(content: unknown) {
  const folder = await temporaryFolder();
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(folder, 'steps-animation.config.json'), text);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => void vi.restoreAllMocks());
}

describe('openHost', () => {
  it.each([
    ['embedded', 'embedded'],
    ['comfyui', 'comfyui'],
    ['invokeai', 'invokeai'],
    ['webui', 'webui'],
  ])('opens %s', async (host, name) => {
    await using opened = await openHost({ host });
    expect(opened.name).toBe(name);
  });

  it('opens one that was given a name, and prefers what is given now', async () => {
    const fake = await startFakeWebui();
    await configure({ hosts: [{ name: 'studio', host: 'webui', url: 'http://127.0.0.1:9', auth: 'ann:secret' }] });
    await using host = await openHost({ host: 'studio', url: fake.url });
    expect((await host.describe()).models).toMatchObject([{ name: 'first' }]);
    expect(fake.requests[0]?.authorization).toMatch(/^Basic /);
  });

  it.each([
    [{ host: 'nothing' }, 'webui'],
    [{ host: 'embedded', url: 'http://127.0.0.1:7860' }, '--url'],
    [{ host: 'embedded', auth: 'ann:secret' }, '--host-auth'],
    [{ host: 'webui', workflow: 'a.json' }, '--workflow'],
    [{ host: 'invokeai', auth: 'ann:secret' }, '--host-auth'],
  ])('refuses %j', async (choice, word) => {
    await configure({ hosts: [] });
    await expect(openHost(choice)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(word) });
  });

  it.each([
    ['{"hosts": [', 'steps-animation.config.json'],
    [{ hosts: [{ name: 'a', host: 'other' }] }, 'hosts[0].host'],
    [{ hosts: [{ name: 'webui', host: 'webui' }] }, 'choose another'],
    [{ hosts: [{ name: 'a', host: 'webui', url: 'ftp://a' }] }, 'hosts[0].url'],
    [{ host: [] }, 'host'],
  ])('refuses the config file %j', async (content, word) => {
    await configure(content);
    await expect(openHost({ host: 'a' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(word),
    });
  });
});

describe('findHosts', () => {
  it('finds what answers where', async () => {
    const webui = await startFakeWebui();
    const locked = await startFakeWebui({ intercept: refuse(401) });
    const silent = await startFakeWebui({
      intercept: (path, response) => (path !== '/internal/ping' ? refuse(404)(path, response) : answer(response)),
    });
    const comfyui = await answering({
      '/system_stats': { system: { comfyui_version: '0.3' } },
      '/object_info/CheckpointLoaderSimple': {
        CheckpointLoaderSimple: { input: { required: { ckpt_name: [['a.safetensors'], {}] } } },
      },
    });
    const invokeai = await answering({
      '/api/v1/app/version': { version: '6.0' },
      '/api/v2/models/?model_type=main': {
        models: [
          { key: 'k1', hash: 'h1', name: 'sd15', base: 'sd-1' },
          { key: 'k2', hash: 'h2', name: 'other', base: 'of a kind that cannot be run' },
        ],
      },
    });
    const members = await listen((path, response) => {
      response.statusCode = path.startsWith('/api/v2/models/') ? 401 : 200;
      response.end('{"version":"6.0"}');
    });
    const other = await answering({ '/sdapi/v1/sd-models': 'hello' });
    const urls = [webui.url, locked.url, silent.url, comfyui, invokeai, members, other, 'http://127.0.0.1:9'];
    const found = await findHosts([], urls.map(portOf));
    expect(found).toEqual([
      { url: webui.url, kind: 'webui', models: ['first'] },
      { url: locked.url, kind: 'webui', models: [], problem: expect.stringContaining('--host-auth') },
      { url: silent.url, kind: 'webui', models: [], problem: expect.stringContaining('--api') },
      { url: comfyui, kind: 'comfyui', models: ['a.safetensors'] },
      { url: invokeai, kind: 'invokeai', models: ['sd15'] },
      { url: members, kind: 'invokeai', models: [], problem: expect.stringContaining('multiuser') },
    ]);
  });

  it('leaves out those that are known', async () => {
    const [known, other] = await Promise.all([1, 2].map(() => answering({ '/sdapi/v1/sd-models': [] })));
    const ports = [known ?? '', other ?? ''].map(portOf);
    const address = `http://localhost:${ports[0]}/below`;
    expect(await findHosts([undefined, address], ports)).toMatchObject([{ url: other, kind: 'webui' }]);
  });

  it('does not wait for what says nothing', async () => {
    const url = await listen(() => {});
    expect(await findHosts([], [portOf(url)])).toEqual([]);
  });
});

const portOf = (url: string) => Number(new URL(url).port);

type Answering = { statusCode: number; end: (text: string) => void };

const refuse = (status: number) => (_: string, response: Answering) => {
  response.statusCode = status;
  response.end('{}');
  return true;
};

function answer(response: Answering): boolean {
  response.end('{}');
  return true;
}

/** A server that has some answers, and otherwise pages. */
async function answering(answers: Readonly<Record<string, unknown>>): Promise<string> {
  return await listen((path, response) => response.end(path in answers ? JSON.stringify(answers[path]) : '<html>'));
}

async function listen(handle: (path: string, response: Answering) => void): Promise<string> {
  const server = createServer((request, response) => handle(request.url ?? '', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}
