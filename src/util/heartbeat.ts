import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

// Loaded into each process that forked-process.ts starts, before anything else: a thread that sends a byte to the parent
// again and again, however busy the main thread is.

/** Time between two beats in milliseconds. */
export const beatIntervalMs = 500;
/** The file descriptor on which the parent listens. */
export const beatDescriptor = 4;

const purpose = 'heartbeat';

function beat(): void {
  try {
    writeSync(beatDescriptor, '.');
  } catch {
    // The parent has ended, or does not read: the main thread finds out by its own channel.
  }
}

// Another thread that inherits the flags of its process loads this too.
if (isMainThread && process.send) new Worker(new URL(import.meta.url), { workerData: purpose, execArgv: [] }).unref();
else if (workerData === purpose) {
  beat();
  setInterval(beat, beatIntervalMs);
}
