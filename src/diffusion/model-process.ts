import type { ChildProcess } from 'node:child_process';
import { StepsAnimationError } from '../errors.js';
import { forkProcess } from '../util/forked-process.js';
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
export function forkModelProcess(file: URL, model: ModelSettings): ChildProcess {
  return forkProcess(file, { args: [JSON.stringify(model)] });
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
