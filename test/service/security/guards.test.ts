import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServer, type ServerSettings } from '#src/service/server.js';
import { FakeJobService } from '../../helpers/fake-job-service.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { serviceInfoOf } from '../sdapi/open-sdapi.js';

const json = { 'content-type': 'application/json' };

/** A server that really listens, and a client that sends headers as they are given. */
async function open(settings: Partial<ServerSettings> = {}, atOnce = true) {
  const folder = await temporaryFolder();
  const service = new FakeJobService(folder, atOnce);
  const server = await openServer({
    service,
    serviceInfo: serviceInfoOf(folder),
    port: 0,
    logLevel: 'silent',
    ...settings,
  });
  onTestFinished(() => server.close());
  const { port } = new URL(server.url);
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body = '') => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { connection: 'close', ...headers } });
    sent.end(body);
    const [response] = await once(sent, 'response');
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
  return { server, service, port, send };
}

describe('the name by which the service is called', () => {
  it.each(['127.0.0.1', 'localhost', '127.0.0.2:80', '[::1]:7870', 'LOCALHOST:1'])('may be %s', async (host) => {
    const { send } = await open();
    expect((await send('GET', '/internal/ping', { host })).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1', 'localhost@evil.example', 'a b'])(
    'may not be %j',
    async (host) => {
      const { send } = await open();
      const { status, body } = await send('GET', '/internal/ping', { host });
      expect(status).toBe(403);
      expect(JSON.parse(body).detail).toContain('--allow-host');
    },
  );

  it('may be one that was given', async () => {
    const { send } = await open({ allowedHosts: ['studio.example'] });
    expect((await send('GET', '/internal/ping', { host: 'studio.example:7870' })).status).toBe(200);
    expect((await send('GET', '/internal/ping', { host: 'evil.example' })).status).toBe(403);
  });

  it('may be any address, and no foreign name, where every address is listened on', async () => {
    const { send } = await open({ listen: '0.0.0.0', users: ['ann:secret'] });
    const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect((await send('GET', '/internal/ping', { host: '192.168.1.7', authorization })).status).toBe(200);
    expect((await send('GET', '/internal/ping', { host: 'evil.example', authorization })).status).toBe(403);
  });
});

describe('pages from elsewhere', () => {
  it('may change nothing', async () => {
    const { send, service, port } = await open();
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', `http://localhost:${port}`]) {
      const { status } = await send('POST', '/sdapi/v1/txt2img', { ...json, origin }, '{}');
      expect(status, origin).toBe(403);
    }
    const fetchSite = { 'sec-fetch-site': 'cross-site' };
    expect((await send('POST', '/sdapi/v1/interrupt', fetchSite)).status).toBe(403);
    expect(service.requests).toEqual([]);
  });

  it('get no headers that allow cross-origin reads', async () => {
    const { send } = await open();
    const { headers } = await send('GET', '/internal/ping', { origin: 'https://evil.example' });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect((await send('OPTIONS', '/sdapi/v1/txt2img', { origin: 'https://evil.example' })).status).toBe(404);
  });

  it('are not the own page, nor programs', async () => {
    const { send, port } = await open();
    const own = { ...json, origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    expect((await send('POST', '/sdapi/v1/txt2img', own, '{}')).status).toBe(200);
    expect((await send('POST', '/sdapi/v1/txt2img', json, '{}')).status).toBe(200);
  });

  it('cannot post forms', async () => {
    const { send, service } = await open();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send('POST', '/sdapi/v1/txt2img', form, 'prompt=x')).status).toBe(415);
    expect(service.requests).toEqual([]);
  });
});

describe('passwords', () => {
  const users = ['ann:secret', 'bob:pass:word'];
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString('base64')}` });

  it('are asked for everywhere', async () => {
    const { send } = await open({ users });
    for (const path of ['/', '/internal/ping', '/sdapi/v1/options', '/nothing']) {
      const { status, headers } = await send('GET', path);
      expect(status, path).toBe(401);
      expect(headers['www-authenticate']).toContain('Basic');
    }
  });

  it('let those in who know them', async () => {
    const { send } = await open({ users });
    for (const user of users) expect((await send('GET', '/internal/ping', basic(user))).status).toBe(200);
    for (const user of ['ann:', 'ann:pass:word', 'ann:secret ', ':secret', 'eve:secret', 'ann']) {
      expect((await send('GET', '/internal/ping', basic(user))).status, user).toBe(401);
    }
  });

  it('that are right work whatever was tried before, and wrong ones are slowed', async () => {
    const { send } = await open({ users });
    const wrong = await Promise.all(Array.from({ length: 200 }, (_, i) => send('GET', '/', basic(`ann:${i}`))));
    expect(wrong.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), ...Array(190).fill(429)]);
    for (const user of users) expect((await send('GET', '/internal/ping', basic(user))).status).toBe(200);
    const { status, headers, body } = await send('GET', '/', basic('ann:guess'));
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(body).detail).toContain('Too many wrong passwords');
  });

  it('are counted by the address that a trusted proxy names, and only by that', async () => {
    const guess = async ({ send }: Awaited<ReturnType<typeof open>>, client: string, user = 'ann:wrong') =>
      (await send('GET', '/internal/ping', { ...basic(user), 'x-forwarded-for': client })).status;
    const behindProxy = await open({ users, trustedProxies: ['127.0.0.0/8'] });
    for (let i = 0; i < 10; i++) await guess(behindProxy, '192.0.2.1');
    expect(await guess(behindProxy, '192.0.2.1')).toBe(429);
    // What a client adds in front of its own address counts for nothing.
    expect(await guess(behindProxy, '192.0.2.9, 192.0.2.1')).toBe(429);
    expect(await guess(behindProxy, '192.0.2.2')).toBe(401);
    const alone = await open({ users });
    for (let i = 0; i < 10; i++) await guess(alone, `192.0.2.${i}`);
    expect(await guess(alone, '192.0.2.99')).toBe(429);
    expect(await guess(alone, '192.0.2.99', 'ann:secret')).toBe(200);
  });

  it.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '::1/129', 'fe80::1%eth0', '10.0.0.1/8/8', ''])(
    'cannot be told apart by the proxy %j',
    async (proxy) => {
      await expect(open({ users, trustedProxies: [proxy] })).rejects.toThrow('--trust-proxy needs an IP address');
    },
  );

  it('are needed where others can reach the service', async () => {
    await expect(open({ listen: '0.0.0.0' })).rejects.toThrow('--api-auth');
    await expect(open({ users: ['ann'] })).rejects.toThrow('user:pass');
  });
});

describe('answers', () => {
  it('carry headers that bind browsers', async () => {
    const { send } = await open();
    const { headers } = await send('GET', '/internal/ping');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  });

  it('carry them whatever they are: events, files, errors, and what is no request', async () => {
    const { send, port, service } = await open({ users: ['ann:secret'] });
    Object.assign(service, { events: async function* () {} });
    const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    for (const path of [
      '/',
      '/docs',
      '/api/v1/about',
      '/api/v1/jobs/nobody',
      '/sdapi/v1/options',
      '/nothing',
      '/%',
      '/%c0',
    ]) {
      const { headers } = await send('GET', path, { authorization });
      expect(headers, path).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    }
    expect((await send('GET', '/api/v1/about')).headers).toHaveProperty('content-security-policy');
    const events = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: { authorization } });
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    expect(events.headers.get('x-content-type-options')).toBe('nosniff');
    expect(events.headers.get('content-security-policy')).toContain("default-src 'none'");
    await events.body?.cancel();
  });

  it.each(['/%', '/%c0', '/api/v1/%', '/api/v1/jobs/%ff'])('are problems for the address %s', async (path) => {
    const { send } = await open();
    const { status, headers, body } = await send('GET', path);
    expect([400, 404]).toContain(status);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, detail: expect.any(String) });
  });

  it.each([65, 10_000, 100_000])('refuse JSON that nests %i times, as the client’s mistake', async (depth) => {
    const { send } = await open();
    for (const path of ['/api/v1/jobs', '/api/v1/tokens', '/sdapi/v1/txt2img', '/sdapi/v1/options']) {
      for (const body of [
        `${'['.repeat(depth)}${']'.repeat(depth)}`,
        `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
      ]) {
        const answer = await send('POST', path, json, body);
        expect(answer, path).toMatchObject({ status: 400, body: expect.stringContaining('nested deeper than 64') });
      }
    }
  });

  it('are problems where there is nothing', async () => {
    const { send } = await open();
    const { status, headers, body } = await send('GET', '/nothing');
    expect(status).toBe(404);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: expect.any(String),
    });
  });

  it('refuse requests that are too large before reading them', async () => {
    const { send } = await open();
    const { status, body } = await send('POST', '/sdapi/v1/txt2img', { ...json, 'content-length': '999999999' });
    expect(status).toBe(413);
    expect(JSON.parse(body).detail).toContain('1 MiB');
  });

  it.each(['{"__proto__": {"x": 1}}', '{', '[1', '"text"', '12'])('refuse %s', async (body) => {
    const { send, service } = await open();
    const { status } = await send('POST', '/sdapi/v1/txt2img', json, body);
    expect([400, 422]).toContain(status);
    expect(service.requests).toEqual([]);
  });
});

it('goes on with the job of a client that has gone away', async () => {
  const { port, service } = await open({}, false);
  const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/sdapi/v1/txt2img', headers: json });
  sent.on('error', () => {});
  sent.end('{}');
  await service.submitted(1);
  const closed = new Promise((resolve) => sent.on('close', resolve));
  sent.destroy();
  await closed;
  expect(service.current()).toBeDefined();
  await service.finish(service.current()?.id ?? '');
});

it('says in words why it cannot listen', async () => {
  const { port } = await open();
  await expect(open({ port: Number(port) })).rejects.toThrow('something already listens there');
});
