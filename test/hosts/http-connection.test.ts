import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpConnection, isUnreachable } from '#dist/hosts/http-connection.js';

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
  const missing = (body: string, refusal: string | undefined) => async () => {
    const connection = await connect((_request, response) => response.writeHead(404).end(body), refusal);
    return await connection.get('x', z.unknown()).catch((thrown: unknown) => thrown);
  };

  it.each([
    ['a page', '<html>404</html>', undefined],
    ['FastAPI', '{"detail":"Not Found"}', 'Not Found'],
  ])('are those of another program where %s says so of the path', async (_, body, refusal) => {
    const error = await missing(body, refusal)();
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/is no Painter: it has no \/x\./) });
    expect(isUnreachable(error)).toBe(false);
  });

  it.each([
    ['tells what', 'no picture 7', 'no picture 7'],
    ['says nothing', '', undefined],
  ])('are refusals where the program %s', async (_, body, refusal) => {
    expect(await missing(body, refusal)()).toMatchObject({ code: 'usage', message: expect.stringContaining('(404)') });
  });
});
