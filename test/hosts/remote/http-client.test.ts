import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpClient, isUnreachable } from '#src/hosts/remote/http-client.js';
import { maxJsonBytes, maxPictureBytes } from '#src/hosts/remote/limits.js';

async function connect(answer: RequestListener, refusal?: string): Promise<HttpClient> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const program = {
    name: 'Painter',
    kind: 'Painter',
    ports: [1],
    options: { taken: [] },
    loginHint: 'log in',
    reasonOf: () => refusal,
  } as const;
  const client = new HttpClient(program, url);
  onTestFinished(() => {
    client[Symbol.dispose]();
    server.close();
    server.closeAllConnections();
  });
  return client;
}

const thrownBy = async (promise: Promise<unknown>) => await promise.catch((thrown: unknown) => thrown);

const ways = [
  ['values', (client: HttpClient, signal?: AbortSignal) => client.get('x', z.unknown(), { signal })],
  ['files', (client: HttpClient, signal?: AbortSignal) => client.bytes('x', { signal })],
] as const;

describe.each(ways)('answers that are %s', (_, ask) => {
  it('and break off on the way are those of a program that cannot be reached', async () => {
    const client = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half":', () => response.destroy());
    });
    const error = await thrownBy(ask(client));
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('Cannot reach Painter') });
    expect(isUnreachable(error)).toBe(true);
  });

  it('and are no longer wanted on the way are a stop', async () => {
    const stopping = new AbortController();
    const client = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half":', () => stopping.abort());
    });
    await expect(ask(client, stopping.signal)).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringContaining('Painter was asked'),
    });
  });
});

describe('answers that something is not there', () => {
  const missing = async (body: string, refusal?: string) =>
    await connect((_request, response) => response.writeHead(404).end(body), refusal);

  it.each([
    ['a page', '<html>404</html>', undefined],
    ['FastAPI', '{"detail":"Not Found"}', 'Not Found'],
    ['nothing', '', undefined],
  ])('are those of another program where %s says so of a path', async (_, body, refusal) => {
    const client = await missing(body, refusal);
    const error = await thrownBy(client.get('x', z.unknown()));
    expect(error).toMatchObject({
      code: 'network',
      status: 404,
      message: expect.stringMatching(/has no API of Painter \(no \/x\): check the address/u),
    });
    expect(isUnreachable(error)).toBe(false);
    expect(await client.getOptional('x', z.unknown())).toBeUndefined();
  });

  it('are refusals where the program says what, and of files', async () => {
    const refusing = await missing('{}', 'no picture 7');
    const refused = { code: 'usage', status: 404, message: expect.stringContaining('refuses that: no picture 7.') };
    await expect(refusing.get('x', z.unknown())).rejects.toMatchObject(refused);
    const file = { code: 'usage', status: 404, message: expect.stringContaining('refuses that: Not Found.') };
    await expect((await missing('{"detail":"Not Found"}', 'Not Found')).bytes('x')).rejects.toMatchObject(file);
  });
});

describe('a request', () => {
  it('fails when its answer takes too long, or is too large', async () => {
    const silent = await connect(() => {});
    const late = await thrownBy(silent.get('x', z.unknown(), { timeoutMs: 20 }));
    expect(late).toMatchObject({ code: 'network', message: expect.stringContaining('does not answer in time') });
    const endless = await connect((_request, response) => {
      const more = () => void (response.destroyed || response.write('a'.repeat(1000), more));
      more();
    });
    const large = await thrownBy(endless.get('x', z.unknown(), { maxBytes: 10_000 }));
    expect(large).toMatchObject({ code: 'network', message: expect.stringContaining('larger than 10000 bytes') });
  });

  it.each([
    ['without pictures', (client: HttpClient) => client.get('x', z.unknown()), maxJsonBytes],
    ['that is a file', (client: HttpClient) => client.bytes('x'), maxPictureBytes],
  ])('fails when its answer %s has no end, or announces too much', async (_, ask, maxBytes) => {
    const part = Buffer.alloc(2 ** 20, 'a');
    let sent = 0;
    const endless = await connect((_request, response) => {
      const more = () => {
        sent += part.length;
        if (!response.destroyed) response.write(part, more);
      };
      more();
    });
    const tooLarge = { code: 'network', message: expect.stringContaining(`larger than ${maxBytes} bytes`) };
    await expect(ask(endless)).rejects.toMatchObject(tooLarge);
    expect(sent).toBeLessThan(maxBytes + 64 * part.length);
    const announced = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': maxBytes + 1 }).write('a');
    });
    await expect(ask(announced)).rejects.toMatchObject(tooLarge);
  });

  it('is repeated when it got no answer, as often as it says', async () => {
    let requests = 0;
    const client = await connect((_request, response) => {
      if (++requests < 3) response.destroy();
      else response.end('7');
    });
    expect(await client.get('x', z.number(), { retries: 2 })).toBe(7);
    requests = 0;
    expect(isUnreachable(await thrownBy(client.get('x', z.number(), { retries: 1 })))).toBe(true);
    expect(requests).toBe(2);
  });

  it('is not repeated when it was refused', async () => {
    let requests = 0;
    const client = await connect((_request, response) => {
      requests++;
      response.writeHead(400).end();
    }, 'too many');
    await expect(client.get('x', z.number(), { retries: 2 })).rejects.toThrow('refuses that: too many');
    expect(requests).toBe(1);
  });

  it.each([
    [301, 'network', /redirects to http:\/\/elsewhere\/: give that one/u],
    [403, 'usage', /requires a login: log in/u],
    [503, 'network', /failed \(503\)/u],
  ])('answered with %i says what to do', async (status, code, message) => {
    const client = await connect((_request, response) =>
      response.writeHead(status, { location: 'http://elsewhere/' }).end(),
    );
    await expect(client.get('x', z.unknown())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
