import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobEvent } from '../job.js';
import type { JobService } from '../job-service.js';
import { eventJson } from './shapes.js';

/** Comments at this interval keep proxies from closing an idle connection. */
const keepAliveMs = 15_000;
/** Minimum time between two progress events of one client: fast samplers take more steps than anyone can see. */
const progressIntervalMs = 100;
/** Serialized events, shared by all clients. */
const texts = new WeakMap<JobEvent, string>();

/**
 * Sends job events as server-sent events (HTML Living Standard, 9.2) until the client disconnects. A slow client only
 * gets the newest progress.
 * @param job id of one job; all jobs if undefined
 * @param closing aborts when the server closes
 */
export async function sendEvents(
  service: JobService,
  job: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  closing: AbortSignal,
): Promise<void> {
  const disconnected = new AbortController();
  const signal = AbortSignal.any([disconnected.signal, closing]);
  const events = service.events(job === undefined ? {} : { id: job }, signal);
  const stream = reply.raw;
  request.raw.once('close', () => disconnected.abort());
  reply.hijack();
  stream.writeHead(200, {
    ...reply.getHeaders(),
    ...{ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  } as Record<string, string>);
  stream.write('retry: 1000\n\n');
  const keepAlive = setInterval(() => stream.write(':\n\n'), keepAliveMs);
  try {
    let id = 0;
    for await (const event of events) {
      id++;
      if (!stream.write(`id: ${id}\n${textOf(event)}`)) await once(stream, 'drain', { signal });
      if (event.type === 'progress') await setTimeout(progressIntervalMs, undefined, { signal });
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
