import { type Readable, Transform } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';

/** Bytes of the JSON bodies of all requests that are not answered yet. */
const maxBytes = 256 * 1024 * 1024;
const retryAfterSeconds = 5;

/** Bytes of the bodies that are in memory, by request. */
const held = new WeakMap<FastifyRequest, HeldBody>();

type HeldBody = { readonly add: (bytes: number) => void; readonly free: () => void };

/** Refuses further JSON bodies, with 429, while those in memory together are as large as they may be. */
export function limitBodies(app: FastifyInstance): void {
  let usedBytes = 0;
  const holdBody = (): HeldBody => {
    let bytes = 0;
    const add = (more: number) => {
      if (usedBytes + more > maxBytes) throw tooMany();
      usedBytes += more;
      bytes += more;
    };
    const free = () => {
      usedBytes -= bytes;
      bytes = 0;
    };
    return { add, free };
  };
  app.addHook('preParsing', async (request, reply, payload) => {
    if (!request.headers['content-type']?.startsWith('application/json')) return payload;
    const body = holdBody();
    held.set(request, body);
    reply.raw.once('close', body.free);
    return counted(payload, body.add);
  });
}

/** A body of which what has arrived is counted, not what is announced: a slow client takes no room from others. */
function counted(payload: Readable, add: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        add(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  payload.once('error', (error) => counter.destroy(error));
  return payload.pipe(counter);
}

/** To be called when the body of a request that takes long to be answered is no longer needed. */
export function freeBody(request: FastifyRequest): void {
  request.body = undefined;
  held.get(request)?.free();
}

function tooMany(): HttpError {
  const message = `Other requests have ${maxBytes / 1024 ** 2} MiB of bodies in memory already: try again in a moment.`;
  return new HttpError(429, message, { 'retry-after': String(retryAfterSeconds) });
}
