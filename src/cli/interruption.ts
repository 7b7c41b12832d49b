import { exitCodes } from './failure.js';

const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs something that a first Ctrl-C stops cleanly, with what there is kept, and a second one at once.
 * @param stopping what the first one is answered with
 */
export async function withInterruption<T>(
  run: (signal: AbortSignal) => Promise<T>,
  stopping = 'stopping after this step',
): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    process.stderr.write(`\n${stopping}; press Ctrl-C again to stop at once\n`);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await run(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
