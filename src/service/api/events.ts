import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobService } from '../job.js';
import { eventJson } from './job-json.js';

/** A comment now and then keeps proxies from closing a connection on which nothing happens. */
const keepAliveMilliseconds = 15_000;

/**
 * Sends what happens to jobs as server-sent events (HTML Living Standard, 9.2) until the client goes away. A client that
 * reads slowly is sent the newest progress only.
 * @param id of one job; all of them if left out
 * @param closing aborts when the service stops
 */
export async function sendEvents(
  service: JobService,
  id: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, closing]);
  const events = service.events(id === undefined ? {} : { id }, signal);
  const stream = reply.raw;
  request.raw.once('close', () => gone.abort());
  reply.hijack();
  stream.writeHead(200, {
    ...reply.getHeaders(),
    ...{ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  } as Record<string, string>);
  stream.write('retry: 1000\n\n');
  const keepAlive = setInterval(() => stream.write(':\n\n'), keepAliveMilliseconds);
  try {
    let number = 0;
    for await (const event of events) {
      number++;
      const text = `id: ${number}\nevent: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`;
      if (!stream.write(text)) await once(stream, 'drain', { signal });
    }
  } catch (error) {
    if (!signal.aborted) request.log.error({ err: error }, 'events ended');
  } finally {
    clearInterval(keepAlive);
    stream.end();
  }
}
