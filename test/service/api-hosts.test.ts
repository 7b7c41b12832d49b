import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { forgetHost, readConfiguredHosts, rememberHost } from '#src/hosts/host-config.js';
import { openServer } from '#src/service/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { startFakeWebui } from '../hosts/webui/fake-webui.js';
import { openService, poolOf } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

/** A service with one host, whose config folder is empty, and a client of its API. */
async function open() {
  const config = await temporaryFolder();
  vi.stubEnv('XDG_CONFIG_HOME', config);
  onTestFinished(() => void vi.unstubAllEnvs());
  const outdir = await temporaryFolder();
  const hosts = poolOf(new PretendedHost());
  const service = await openService(outdir, { hosts });
  const serviceInfo = { version: '0', device: 'cpu', outdir, modelsFolders: [], hosts };
  const server = await openServer({ service, serviceInfo, port: 0, logLevel: 'silent' });
  onTestFinished(() => server.close());
  const ask = async (method: string, path: string, body?: object) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(new URL(`/api/v1${path}`, server.url), sent);
    return { status: response.status, body: response.status === 204 ? undefined : await response.json() };
  };
  return { ask, config: join(config, 'steps-animation', 'steps-animation.config.json'), service };
}

// Where the config folder can be chosen by the environment.
describe.runIf(process.platform === 'linux')('the hosts of the API', () => {
  it('are added, work from then on, are remembered, and are removed', async () => {
    const fake = await startFakeWebui();
    const { ask, config, service } = await open();
    const studio = { name: 'studio', host: 'webui', url: fake.url, auth: 'ann:secret' };
    const added = await ask('POST', '/hosts', studio);
    expect(added).toMatchObject({ status: 201, body: { models: ['first'], problem: null, isRemovable: true } });
    expect(JSON.stringify(added.body)).not.toContain('secret');
    expect((await ask('GET', '/hosts')).body).toMatchObject({
      hosts: [
        { name: 'pretended', isRemovable: false, models: ['pretended'] },
        { name: 'studio', kind: 'webui', url: fake.url, job: null },
      ],
      kinds: expect.arrayContaining([
        { name: 'invokeai', label: 'InvokeAI', takesLogin: false },
        { name: 'webui', label: 'AUTOMATIC1111, Forge', takesLogin: true },
      ]),
    });
    expect((await ask('GET', '/about')).body.models).toMatchObject([
      { name: 'pretended', hosts: ['pretended'] },
      { name: 'first', hosts: ['studio'] },
    ]);
    const generation = { prompt: 'a', model: 'first', steps: 4 };
    const { body } = await ask('POST', '/jobs', { kind: 'txt2img', generation, animation: null });
    expect(await service.ended(body.id)).toMatchObject({ state: 'finished', host: 'studio' });
    expect(await readConfiguredHosts()).toEqual([studio]);
    expect((await stat(config)).mode & 0o777).toBe(0o600);

    expect((await ask('DELETE', '/hosts/studio')).status).toBe(204);
    expect(JSON.parse(await readFile(config, 'utf8'))).toEqual({ hosts: [] });
    expect((await ask('GET', '/about')).body.models).toHaveLength(1);
    expect((await ask('POST', '/hosts/studio/test')).status).toBe(404);
  });

  it('are refused with what is wrong, and none is remembered', async () => {
    const fake = await startFakeWebui();
    const { ask } = await open();
    const studio = { name: 'studio', host: 'webui', url: fake.url };
    fake.intercept = (_, response) => {
      response.writeHead(404).end('{"detail":"Not Found"}');
      return true;
    };
    const other = await ask('POST', '/hosts', studio);
    expect(other).toMatchObject({ status: 502, body: { detail: expect.stringContaining('has no API of a web UI') } });
    const refused = [
      { ...studio, name: 'webui' },
      { ...studio, host: 'embedded' },
      { ...studio, url: 'file:///etc/passwd' },
      { ...studio, workflow: '/etc/passwd' },
      { ...studio, name: 'pretended' },
      {},
    ];
    for (const body of refused) {
      expect((await ask('POST', '/hosts', body)).status).toBeGreaterThanOrEqual(400);
      expect((await ask('POST', '/hosts', body)).status).toBeLessThan(500);
    }
    expect((await ask('DELETE', '/hosts/pretended')).body.detail).toContain('chosen when the service was started');
    expect(await readConfiguredHosts()).toEqual([]);
  });

  it('may be unavailable when they are added, which is reported', async () => {
    const { ask } = await open();
    const studio = { name: 'studio', host: 'webui', url: 'http://127.0.0.1:9' };
    const problem = expect.stringContaining('Cannot reach the web UI at http://127.0.0.1:9');
    expect(await ask('POST', '/hosts', studio)).toMatchObject({ status: 201, body: { name: 'studio', problem } });
    expect(await readConfiguredHosts()).toEqual([studio]);
  });

  it('are not replaced by one of the same name that only the config file has', async () => {
    const fake = await startFakeWebui();
    const { ask } = await open();
    const dup = { name: 'dup', host: 'webui', url: 'http://127.0.0.1:7999' };
    await rememberHost(dup);
    const refused = await ask('POST', '/hosts', { ...dup, url: fake.url });
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('There is a host "dup" already') },
    });
    expect(await readConfiguredHosts()).toEqual([dup]);
  });

  it('follow what the command changes in the config file', async () => {
    const { url } = await startFakeWebui();
    const { ask } = await open();
    const listed = async () => (await ask('GET', '/hosts')).body.hosts.slice(1);
    await rememberHost({ name: 'studio', host: 'webui', url });
    expect(await listed()).toMatchObject([{ name: 'studio', url, models: ['first'], isRemovable: true }]);
    const other = url.replace('127.0.0.1', 'localhost');
    await forgetHost('studio');
    await rememberHost({ name: 'studio', host: 'webui', url: other });
    expect(await listed()).toMatchObject([{ name: 'studio', url: other }]);
    await forgetHost('studio');
    expect(await listed()).toEqual([]);
    expect((await ask('POST', '/hosts/studio/test')).status).toBe(404);
  });

  it('report why one is unavailable, and that it is back', async () => {
    const fake = await startFakeWebui();
    let isAway = false;
    fake.intercept = (_, response) => {
      if (isAway) response.writeHead(500).end('no');
      return isAway;
    };
    const { ask } = await open();
    await ask('POST', '/hosts', { name: 'studio', host: 'webui', url: fake.url });
    isAway = true;
    const tested = await ask('POST', '/hosts/studio/test');
    expect(tested).toMatchObject({ status: 200, body: { models: ['first'], problem: expect.stringContaining('500') } });
    isAway = false;
    expect((await ask('POST', '/hosts/studio/test')).body.problem).toBeNull();
  });

  it('are removed whatever their names, and refused where they could not be', async () => {
    const { ask } = await open();
    const add = (name: string) => ask('POST', '/hosts', { name, host: 'comfyui', url: 'http://127.0.0.1:9' });
    const remove = (name: string) => ask('DELETE', `/hosts/${encodeURIComponent(name)}`);
    for (const name of [
      'a'.repeat(100),
      '/'.repeat(100),
      '🍎'.repeat(50),
      '%',
      '%2F',
      'a/b?c#d',
      '...',
      ' ',
      '"',
      '\\',
    ])
      expect([(await add(name)).status, (await remove(name)).status], name).toEqual([201, 204]);
    for (const name of ['a'.repeat(101), '', '.', '..', 'a\nb', '\ud800', 'webui'])
      expect((await add(name)).status, JSON.stringify(name)).toBe(400);
    expect((await ask('GET', '/hosts')).body.hosts).toHaveLength(1);
  });

  it('with longer names, from a file of an earlier version, are removed as well', async () => {
    const { ask } = await open();
    const name = '/'.repeat(1000);
    await rememberHost({ name, host: 'comfyui', url: 'http://127.0.0.1:9' });
    expect((await ask('GET', '/hosts')).body.hosts).toHaveLength(2);
    expect((await ask('DELETE', `/hosts/${encodeURIComponent(name)}`)).status).toBe(204);
  });
});
