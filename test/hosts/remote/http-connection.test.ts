import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpConnection, isUnreachable } from '#src/hosts/remote/http-connection.js';

async function connect(answer: RequestListener, refusal?: string): Promise<HttpConnection> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new HttpConnection(url, { name: 'Painter', example: url, refusal: () => refusal });
}

const ways = [
  ['values', (connection: HttpConnection, signal?: AbortSignal) => connection.get('x', z.unknown(), signal)],
  ['files', (connection: HttpConnection, signal?: AbortSignal) => connection.bytes('x', signal)],
] as const;

describe.each(ways)('answers that are %s', (_, ask) => {
  it('and break off on the way are told as a program that cannot be reached', async () => {
    const connection = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half":', () => response.destroy());
    });
    const error = await ask(connection).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('Cannot reach Painter') });
    expect(isUnreachable(error)).toBe(true);
  });

  it('and are no longer wanted on the way are told as a stop', async () => {
    const stopping = new AbortController();
    const connection = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"half":', () => setTimeout(() => stopping.abort(), 50));
    });
    await expect(ask(connection, stopping.signal)).rejects.toMatchObject({
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
    const error = await (await missing(body, refusal)).get('x', z.unknown()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/is no Painter: it has no \/x\./) });
    expect(isUnreachable(error)).toBe(false);
  });

  it('are refusals where the program tells what, and of files', async () => {
    const refused = { code: 'usage', message: expect.stringContaining('(404)') };
    await expect((await missing('{}', 'no picture 7')).get('x', z.unknown())).rejects.toMatchObject(refused);
    await expect((await missing('{"detail":"Not Found"}', 'Not Found')).bytes('x')).rejects.toMatchObject(refused);
  });
});
