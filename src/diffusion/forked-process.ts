import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StepsAnimationError } from '../errors.js';
import type { DeviceChoice } from './networks/devices.js';

/** The model that a child process runs. */
export type ModelSettings = {
  /** Absolute path of the model folder. */
  readonly path: string;
  readonly device: DeviceChoice;
  /** Threads of one network. Default: all cores. */
  readonly threads?: number | undefined;
};

/**
 * Starts a child process for a model. Networks run in processes, not in threads: a run blocks its thread until it ends,
 * and terminating a thread during a run crashes the whole program.
 */
export function forkProcess(file: URL, model: ModelSettings): ChildProcess {
  return fork(fileURLToPath(file), [JSON.stringify(model)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
}

/** Keeps this program alive while it waits for messages of a child process, or lets it end. */
export function keepAlive(child: ChildProcess, isAwaited: boolean): void {
  if (isAwaited) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

/** How a process ended, as part of a sentence. */
export function describeExit(code: number | null, signal: string | null): string {
  return `it ended with ${signal ?? `exit code ${code}`}`;
}

/** The error for a process that ended while it was needed. */
export function processLost(work: string, reason: string): StepsAnimationError {
  return new StepsAnimationError(
    'model',
    `The process that ${work} is gone: ${reason}. Try again; if memory was short, choose a smaller size or batch.`,
  );
}

/** In the child process: the model that the parent chose. */
export function modelSettings(): ModelSettings {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** In the child process: end with the parent, and leave Ctrl-C, which reaches every process of a terminal, to it. */
export function followParent(): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => {});
}

/** In the child process: send a message; if the parent is gone, `disconnect` reports it. */
export function sendToParent(message: object): void {
  process.send?.(message, () => {});
}
