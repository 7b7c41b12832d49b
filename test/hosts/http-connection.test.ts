import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { HttpConnection, isUnreachable } from '#dist/hosts/http-connection.js';

async function connect(answer: RequestListener): Promise<HttpConnection> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new HttpConnection(url, { name: 'Painter', example: url, refusal: () => undefined });
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
