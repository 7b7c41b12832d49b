import { existsSync } from 'node:fs';
import { maxHeaderSize } from 'node:http';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic, { type SetHeadersResponse } from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';
import { immutable } from './api/files.js';
import { api } from './api/index.js';
import { HttpError, replyWithProblem } from './http-error.js';
import type { JobService, ServiceInfo } from './job-service.js';
import { sdapi } from './sdapi/index.js';
import { limitBodies } from './security/body-memory.js';
import { securityHeaders } from './security/headers.js';
import { parseJsonBody } from './security/json-body.js';
import { maxTextBodyBytes } from './security/limits.js';
import { checkOrigin, hostCheck, isLoopback } from './security/origins.js';
import { passwordCheck } from './security/passwords.js';
import { checkProxies } from './security/proxies.js';

type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

export type ServerSettings = {
  readonly service: JobService;
  readonly serviceInfo: ServiceInfo;
  /** the address to listen on; 127.0.0.1 by default */
  readonly listen?: string;
  /** 7870 by default; 0 takes a free one */
  readonly port?: number;
  /** further names by which the service may be reached */
  readonly allowedHosts?: readonly string[];
  /** addresses of proxies, such as `10.0.0.2` or `10.0.0.0/8`, whose X-Forwarded-For is believed; none by default */
  readonly trustedProxies?: readonly string[];
  /** who may use it, as `user:password`; everybody on this machine by default */
  readonly users?: readonly string[];
  /** `warn` by default; requests are logged from `info` on, to standard error */
  readonly logLevel?: LogLevel;
};

type Server = AsyncDisposable & {
  /** to open in a browser */
  readonly url: string;
  /**
   * Takes no more requests, and waits up to 7 s for responses: those that wait for jobs end when the service is disposed
   * of.
   */
  close(): Promise<void>;
};

const defaultAddress = '127.0.0.1';
const defaultPort = 7870;
/**
 * How long a server that closes waits for its connections: jobs have ended by then, and a client that takes or sends
 * nothing is cut off.
 */
const closeTimeoutMs = 7000;
/** Time limit for receiving a request; its response may take as long as it needs. */
const requestTimeoutMs = 300_000;
const webFolder = fileURLToPath(new URL('../web', import.meta.url));

/**
 * Opens the HTTP server of a service: its own API, the web UIs' API, and the page.
 * @throws StepsAnimationError `usage` when other machines could use it without a password, `output` when it cannot listen
 */
export async function openServer(settings: ServerSettings): Promise<Server> {
  const { listen = defaultAddress, port = defaultPort } = settings;
  const app = await createServer(settings);
  try {
    await app.listen({ host: listen, port });
  } catch (cause) {
    await app.close();
    throw cannotListen(listen, port, cause);
  }
  const close = async () => {
    const timer = setTimeout(() => app.server.closeAllConnections(), closeTimeoutMs);
    await app.close();
    clearTimeout(timer);
  };
  return { url: urlOf(app, listen), close, [Symbol.asyncDispose]: close };
}

/** The server before it listens, for `inject`. */
export async function createServer(settings: ServerSettings): Promise<FastifyInstance> {
  const { service, serviceInfo, listen = defaultAddress, logLevel = 'warn' } = settings;
  const { allowedHosts = [], trustedProxies = [], users = [] } = settings;
  if (users.length === 0 && !isLoopback(listen)) {
    throw new StepsAnimationError(
      'usage',
      `--listen ${listen} lets other machines use the service: protect it with --api-auth user:password.`,
    );
  }
  const app = fastify({
    logger: logLevel === 'silent' ? false : { level: logLevel, stream: process.stderr },
    bodyLimit: maxTextBodyBytes,
    requestTimeout: requestTimeoutMs,
    // Of addresses that are not valid: no hook is called for them.
    frameworkErrors: (error, request, reply) => replyWithProblem(error, request, reply.headers(securityHeaders)),
    trustProxy: checkProxies(trustedProxies),
    // Names of hosts are parameters; the length of an address is limited by that of the headers.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxHeaderSize },
  });
  app.setErrorHandler(replyWithProblem);
  app.setNotFoundHandler(({ url }) => {
    throw new HttpError(404, `There is nothing at ${url}.`);
  });
  readJson(app);
  limitBodies(app);
  closeConnections(app);
  guard(app, listen, allowedHosts, users);
  await app.register(sdapi(service, serviceInfo));
  await app.register(api, { service, serviceInfo });
  if (existsSync(webFolder)) {
    await app.register(fastifyStatic, {
      root: webFolder,
      preCompressed: true,
      cacheControl: false,
      setHeaders: setCacheControl,
    });
  }
  return app;
}

/** Files with a hash in their names never change; the page itself is revalidated each time. */
function setCacheControl(response: SetHeadersResponse, path: string): void {
  response.setHeader('cache-control', path.includes(`${sep}assets${sep}`) ? immutable : 'no-cache');
}

/** Adds the security headers to each response, and checks each request. */
function guard(app: FastifyInstance, listen: string, hosts: readonly string[], users: readonly string[]): void {
  const checks = [hostCheck(listen, hosts), checkOrigin, ...(users.length > 0 ? [passwordCheck(users)] : [])];
  app.addHook('onRequest', async (request, reply) => {
    // First, and not when an answer is sent: events are sent past fastify.
    reply.headers(securityHeaders);
    for (const check of checks) await check(request);
  });
}

/** Closes connections after their last response while the server closes, which waits for open ones. */
function closeConnections(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** Some clients send the content type JSON without a body. Large bodies are parsed in a thread. */
function readJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) =>
    body.length === 0 ? undefined : await parseJsonBody(body),
  );
}

function urlOf(app: FastifyInstance, listen: string): string {
  const address = app.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const name = listen === '0.0.0.0' || listen === '::' ? 'localhost' : listen;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/`;
}

function cannotListen(listen: string, port: number, cause: unknown): StepsAnimationError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something already listens there, perhaps this service: open it, or choose another --port',
    EACCES:
      process.platform === 'win32'
        ? 'Windows has reserved it (netsh interface ipv4 show excludedportrange tcp lists such ports): choose another --port'
        : 'permission denied: choose a --port above 1023',
    EADDRNOTAVAIL: 'this machine has no such address: choose another one for --listen',
  };
  const reason = reasons[String(code)] ?? messageOf(cause);
  return new StepsAnimationError('output', `Cannot listen on ${listen}, port ${port}: ${reason}.`, { cause });
}
