import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic, { type SetHeadersResponse } from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';
import { api } from './api/api.js';
import { lasting } from './api/files.js';
import { HttpError } from './http-error.js';
import type { JobService } from './job.js';
import { answerProblem } from './problems.js';
import { sdapi } from './sdapi/index.js';
import { securityHeaders } from './security/headers.js';
import { hostCheck, isLoopback } from './security/hosts.js';
import { mostBodyBytes } from './security/limits.js';
import { checkOrigin } from './security/origins.js';
import { passwordCheck } from './security/passwords.js';
import type { ServiceFacts } from './service-info.js';

type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

export type ServerSettings = {
  readonly service: JobService;
  readonly facts: ServiceFacts;
  /** the address to listen on; 127.0.0.1 if left out */
  readonly listen?: string;
  /** 7870 if left out; 0 takes a free one */
  readonly port?: number;
  /** names beside the address by which the service may be called */
  readonly allowedHosts?: readonly string[];
  /** who may use it, as `user:password`; everybody on this machine if left out */
  readonly users?: readonly string[];
  /** `warn` if left out; logs go to standard error, each request from `info` on */
  readonly logLevel?: LogLevel;
};

export type Server = AsyncDisposable & {
  /** to open in a browser */
  readonly url: string;
  /** Takes no further requests, and waits until those under way are answered: the service ends those that wait for jobs. */
  close(): Promise<void>;
};

const usualAddress = '127.0.0.1';
const usualPort = 7870;
/** Until a request has arrived whole; its answer may take as long as it needs. */
const mostMillisecondsOfARequest = 300_000;
const webFolder = fileURLToPath(new URL('../web', import.meta.url));

/**
 * Opens the HTTP server of a service: the web UIs' API, the further ones, and the page.
 * @throws StepsAnimationError `usage` when others could reach it without a password, `output` when the port is taken
 */
export async function openServer(settings: ServerSettings): Promise<Server> {
  const { listen = usualAddress, port = usualPort } = settings;
  const app = await createServer(settings);
  try {
    await app.listen({ host: listen, port });
  } catch (cause) {
    await app.close();
    throw cannotListen(listen, port, cause);
  }
  const close = () => app.close();
  return { url: urlOf(app, listen), close, [Symbol.asyncDispose]: close };
}

/** The server without its port, for `inject`. */
export async function createServer(settings: ServerSettings): Promise<FastifyInstance> {
  const { service, facts, listen = usualAddress, allowedHosts = [], users = [], logLevel = 'warn' } = settings;
  if (users.length === 0 && !isLoopback(listen)) {
    throw new StepsAnimationError(
      'usage',
      `--listen ${listen} lets other machines in: say who may use the service with --api-auth user:password.`,
    );
  }
  const app = fastify({
    logger: logLevel === 'silent' ? false : { level: logLevel, stream: process.stderr },
    bodyLimit: mostBodyBytes,
    requestTimeout: mostMillisecondsOfARequest,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(({ url }) => {
    throw new HttpError(404, `There is nothing at ${url}.`);
  });
  acceptEmptyJson(app);
  closeConnections(app);
  guard(app, listen, allowedHosts, users);
  await app.register(sdapi(service, facts));
  await app.register(api, { service, facts });
  if (existsSync(webFolder)) {
    await app.register(fastifyStatic, {
      root: webFolder,
      preCompressed: true,
      cacheControl: false,
      setHeaders: keepPage,
    });
  }
  return app;
}

/** Files with a hash in their names never change; the page itself is asked for each time. */
function keepPage(response: SetHeadersResponse, path: string): void {
  response.setHeader('cache-control', path.includes(`${sep}assets${sep}`) ? lasting : 'no-cache');
}

/** Who may ask, and what browsers may do with the answers. */
function guard(app: FastifyInstance, listen: string, hosts: readonly string[], users: readonly string[]): void {
  const checks = [hostCheck(listen, hosts), checkOrigin, ...(users.length > 0 ? [passwordCheck(users)] : [])];
  app.addHook('onRequest', async (request) => {
    for (const check of checks) check(request);
  });
  app.addHook('onSend', async (_, reply) => {
    for (const [name, value] of Object.entries(securityHeaders)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
  });
}

/** What is answered while the server closes is the last on its connection: clients would keep it open, and us waiting. */
function closeConnections(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** Clients announce JSON in requests without a body, too. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, String(body), done);
  });
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
    EADDRINUSE: 'something listens there already, perhaps this service: open it, or choose another --port',
    EACCES: 'that is not allowed here: choose a --port above 1023',
    EADDRNOTAVAIL: 'this machine has no such address: choose another one for --listen',
  };
  const reason = reasons[String(code)] ?? messageOf(cause);
  return new StepsAnimationError('output', `Cannot listen on ${listen}, port ${port}: ${reason}.`, { cause });
}
