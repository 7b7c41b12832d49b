import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StepsAnimationError } from '../errors.js';
import type { DeviceChoice } from './networks/devices.js';

/** What a process of ours is started with. */
export type ModelSettings = {
  /** absolute path of the model folder */
  readonly path: string;
  readonly device: DeviceChoice;
  /** threads of one network; all of the machine's if left out */
  readonly threads?: number | undefined;
};

/**
 * Starts a process of ours for a model. Networks run in processes rather than in threads: a run holds its
 * thread until it is over, and a thread that is ended during a run takes the whole program along.
 */
export function forkProcess(file: URL, model: ModelSettings): ChildProcess {
  return fork(fileURLToPath(file), [JSON.stringify(model)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
}

/** To be called in a forked process. */
export function modelSettings(): ModelSettings {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** Says whether this program shall stay alive for what a forked process has still to tell. */
export function holdOpen(child: ChildProcess, awaited: boolean): void {
  if (awaited) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

/** How a process has ended, as a part of a sentence. */
export function describeExit(code: number | null, signal: string | null): string {
  return `it ended with ${signal ?? `exit code ${code}`}`;
}

/** What to say when a process has ended that was still needed. */
export function processGone(work: string, reason: string): StepsAnimationError {
  return new StepsAnimationError(
    'model',
    `The process that ${work} is gone: ${reason}. Try again; if memory was short, choose a smaller size or batch.`,
  );
}

/**
 * To be called in a forked process: it ends with its parent and leaves Ctrl-C, which reaches every process of a
 * terminal, to it.
 */
export function followParent(): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => {});
}

/** Sends to the parent; a parent that is gone is told of by `disconnect`. */
export function tellParent(message: object): void {
  process.send?.(message, () => {});
}
