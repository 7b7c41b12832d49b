import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';

export const commit = 'c0ffee00'.repeat(5);
export const repository = 'owner/a-model';

/** What a fake hub has, and what it does wrong. All of it may be changed while it runs. */
export type FakeHub = {
  /** where the pages of its list say that it goes on */
  url: string;
  readonly files: Map<string, Buffer>;
  /** every request so far; `host` is where it came to */
  readonly requests: {
    readonly host: 'hub' | 'cdn';
    readonly path: string;
    readonly range?: string;
    readonly token?: string;
  }[];
  /** asked before a request to the hub is answered; true when it has answered by itself */
  intercept: (path: string, response: ServerResponse) => boolean;
  /** what is sent instead of a file's bytes */
  send: (path: string, bytes: Buffer, response: ServerResponse) => void;
  /** which part of a file is sent to who asks for it from a byte on: that one, all of it, or another */
  ranges: 'kept' | 'ignored' | 'wrong';
  readonly revisions: Set<string>;
};

/**
 * A hub with one repository on this machine. Large files are redirected to a second server, as the real one does; its
 * list of files comes in pages. The environment points to it until the test ends.
 */
export async function startFakeHub(files: Iterable<readonly [string, Buffer]>): Promise<FakeHub> {
  const hub: FakeHub = {
    url: '',
    files: new Map(files),
    requests: [],
    intercept: () => false,
    send: (_, bytes, response) => void response.end(bytes),
    ranges: 'kept',
    revisions: new Set(['main', commit]),
  };
  const cdnUrl = await listen((request, response) => {
    log(hub, 'cdn', request);
    sendFile(hub, decodeURIComponent(pathOf(request).slice(1)), request, response);
  });
  const url = await listen((request, response) => {
    log(hub, 'hub', request);
    if (!hub.intercept(pathOf(request), response)) answer(hub, cdnUrl, request, response);
  });
  for (const name of ['HF_TOKEN', 'HF_HUB_OFFLINE']) vi.stubEnv(name, '');
  vi.stubEnv('HF_TOKEN_PATH', 'no such file');
  vi.stubEnv('HF_ENDPOINT', url);
  onTestFinished(() => void vi.unstubAllEnvs());
  return Object.assign(hub, { url });
}

/** Large files are those that the real hub keeps outside of git. */
function isLarge(path: string): boolean {
  return path.includes('.onnx');
}

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function log(hub: FakeHub, host: 'hub' | 'cdn', { url = '', headers }: IncomingMessage): void {
  const { range, authorization } = headers;
  hub.requests.push({ host, path: url, ...(range && { range }), ...(authorization && { token: authorization }) });
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname;
}

function answer(hub: FakeHub, cdnUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const path = pathOf(request);
  const revision =
    path.startsWith(`/api/models/${repository}/revision/`) && decodeURIComponent(path.split('/')[6] ?? '');
  const file = path.startsWith(`/${repository}/resolve/${commit}/`) && path.split('/').slice(5).join('/');
  if (revision && !hub.revisions.has(revision)) refuse(response, 404, 'RevisionNotFound');
  else if (revision)
    sendJson(response, { _id: '1', id: repository, sha: commit, lastModified: '2024-01-01T00:00:00Z' });
  else if (path === `/api/models/${repository}/tree/${commit}`) sendPage(hub, request, response);
  else if (file && !hub.files.has(file)) refuse(response, 404, 'EntryNotFound');
  else if (file && isLarge(file)) response.writeHead(302, { location: `${cdnUrl}/${encodeURIComponent(file)}` }).end();
  else if (file) sendFile(hub, file, request, response);
  else refuse(response, 401, 'RepoNotFound');
}

/** Answers with one of the hub's errors. */
export function refuse(response: ServerResponse, status: number, code?: string): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(code && { 'x-error-code': code }) });
  response.end(JSON.stringify({ error: 'refused' }));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const pageSize = 5;

function sendPage(hub: FakeHub, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', hub.url);
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const entries = [...hub.files].map(([path, bytes]) => entryOf(path, bytes));
  const folders = [{ type: 'directory', path: 'unet', oid: '0'.repeat(40), size: 0 }];
  url.searchParams.set('cursor', String(from + pageSize));
  if (from + pageSize < entries.length) response.setHeader('link', `<${url}>; rel="next"`);
  sendJson(response, [...folders, ...entries.slice(from, from + pageSize)]);
}

function entryOf(path: string, bytes: Buffer): unknown {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const lfs = { oid: sha256, size: bytes.length, pointerSize: 130 };
  return { type: 'file', path, size: bytes.length, oid: blob, ...(isLarge(path) && { lfs }) };
}

function sendFile(hub: FakeHub, path: string, request: IncomingMessage, response: ServerResponse): void {
  const bytes = hub.files.get(path) ?? Buffer.alloc(0);
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const from = hub.ranges === 'ignored' || !start ? 0 : Number(start) - (hub.ranges === 'wrong' ? 1 : 0);
  const range = from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from, ...range });
  hub.send(path, bytes.subarray(from), response);
}
