import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';
import { followParent, sendToParent } from '../util/forked-process.js';
import type { BatchRequest } from './batch-request.js';
import type { InferenceReply, InferenceRequest } from './inference.js';
import { modelSettings } from './model-process.js';
import { loadOnBestDevice } from './networks/devices.js';
import { Pipeline } from './pipeline.js';

// The process that inference.ts starts: it loads one model and generates the requested batches in order.

followParent();

const stops = new Map<number, AbortController>();
const { path, device: choice, threads } = modelSettings();
const loading = loadOnBestDevice(choice, (device) => Pipeline.load(path, { device, threads }));
let queue: Promise<void> = loading.then(
  ({ loaded: { fixedSize, fixedTokens }, device, note }) =>
    reply({ type: 'loaded', fixedSize, fixedTokens, device, note }),
  (error) => reply(failure(error)),
);

process.on('message', (message) => {
  const request = message as InferenceRequest;
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
  const { loaded: pipeline } = await loading;
  const steps = pipeline.generate(batch, signal);
  for (;;) {
    const begun = performance.now();
    const { value, done } = await steps.next();
    if (done) return reply({ type: 'finished', run, batch: value });
    reply({ type: 'step', run, step: { ...value, milliseconds: performance.now() - begun } });
  }
}

function reply(message: InferenceReply): void {
  sendToParent(message);
}

function failure(error: unknown): Extract<InferenceReply, { type: 'failed' }> {
  const message = messageOf(error);
  return error instanceof StepsAnimationError
    ? { type: 'failed', code: error.code, message }
    : { type: 'failed', message };
}
