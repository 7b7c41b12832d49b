import { parentPort, workerData } from 'node:worker_threads';
import { StepsAnimationError } from '../errors.js';
import type { InferenceReply, InferenceRequest } from './inference.js';
import { type BatchRequest, Pipeline } from './pipeline.js';

// The thread that inference.ts starts: it loads one model and makes the batches asked for, one after another.

const stops = new Map<number, AbortController>();
const loading = Pipeline.load(String(workerData));
let queue: Promise<void> = loading.then(
  () => reply({ type: 'loaded' }),
  (error) => reply(failure(error)),
);

parentPort?.on('message', (request: InferenceRequest) => {
  if (request.type === 'stop') {
    stops.get(request.run)?.abort();
    return;
  }
  const stop = new AbortController();
  stops.set(request.run, stop);
  queue = queue
    .then(() => generate(request.run, request.batch, stop.signal))
    .catch((error) => reply({ ...failure(error), run: request.run }))
    .finally(() => stops.delete(request.run));
});

async function generate(run: number, batch: BatchRequest, signal: AbortSignal): Promise<void> {
  const pipeline = await loading;
  const steps = pipeline.generate(batch, signal);
  for (;;) {
    const { value, done } = await steps.next();
    if (done) return reply({ type: 'finished', run, batch: value });
    reply({ type: 'step', run, step: value });
  }
}

function reply(message: InferenceReply): void {
  parentPort?.postMessage(message);
}

function failure(error: unknown): Extract<InferenceReply, { type: 'failed' }> {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof StepsAnimationError
    ? { type: 'failed', code: error.code, message }
    : { type: 'failed', message };
}
