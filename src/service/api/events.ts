import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobEvent, JobService } from '../job.js';
import { eventJson } from './job-json.js';

/** A comment now and then keeps proxies from closing a connection on which nothing happens. */
const keepAliveMilliseconds = 15_000;
/** Between two progress events of one client: quick samplers take more steps than anybody sees, and clients are many. */
const progressMilliseconds = 100;
/** Each event is put into words once for all clients. */
const texts = new WeakMap<JobEvent, string>();

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
      if (!stream.write(`id: ${number}\n${textOf(event)}`)) await once(stream, 'drain', { signal });
      if (event.type === 'progress') await setTimeout(progressMilliseconds, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) request.log.error({ err: error }, 'events ended');
  } finally {
    clearInterval(keepAlive);
    stream.end();
  }
}

function textOf(event: JobEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = `event: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`;
  texts.set(event, text);
  return text;
}
