import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { beatDescriptor, beatIntervalMs } from './heartbeat.js';
import { visualCppRemedy } from './visual-cpp.js';

type ForkSettings = {
  readonly args?: readonly string[];
  /** what becomes of messages of native libraries; those of the parent go there too by default */
  readonly stderr?: 'inherit' | 'ignore';
  /** flags of Node.js */
  readonly execArgv?: readonly string[];
  /** whether it has files to finish or to remove when this program ends; it is killed then by default */
  readonly cleansUp?: boolean;
};

/** After this time without a heartbeat, a process counts as hung: it is killed. */
export const maxSilenceMs = 20_000;
/** The same for a process that somebody waits for to stop. */
export const maxStoppingSilenceMs = 2000;
/** Further time until the first heartbeat, while Node.js starts. */
const maxStartMs = 8000;

const heartbeats = new WeakMap<ChildProcess, Heartbeat>();
const living = new Set<Heartbeat>();

/**
 * Starts a module as a process with a channel for messages, which may contain typed arrays. One that hangs, which its
 * heartbeat shows, is killed: it emits `error`, and `exit` follows.
 */
export function forkProcess(file: URL, settings: ForkSettings = {}): ChildProcess {
  const { args = [], stderr = 'inherit', execArgv = [], cleansUp = false } = settings;
  const preloaded = new URL('./heartbeat.js', import.meta.url).href;
  const child = fork(fileURLToPath(file), args, {
    serialization: 'advanced',
    // Standard output belongs to the program that started this one.
    stdio: ['ignore', 'ignore', stderr, 'ipc', 'pipe'],
    execArgv: ['--import', preloaded, ...execArgv],
  });
  heartbeats.set(child, new Heartbeat(child, cleansUp));
  return child;
}

/** As soon as a signal aborts, and until this is disposed of, a process counts as hung after a short silence. */
export function hurryOnAbort(child: ChildProcess, signal: AbortSignal | undefined): Disposable {
  const heartbeat = heartbeats.get(child);
  let isHurried = false;
  const hurry = () => {
    isHurried = true;
    heartbeat?.hurry(1);
  };
  if (signal?.aborted) hurry();
  else signal?.addEventListener('abort', hurry);
  return {
    [Symbol.dispose]: () => {
      signal?.removeEventListener('abort', hurry);
      if (isHurried) heartbeat?.hurry(-1);
    },
  };
}

/** When this program ends: a process that hangs would never notice that. */
function killAll(): void {
  for (const heartbeat of living) heartbeat.killAtExit();
}

/**
 * Listens to the heartbeat of a process. Time is counted in ticks of a timer of this process: while this one is held up,
 * by a debugger or because the machine sleeps, the other one is not to blame.
 */
class Heartbeat {
  readonly #child: ChildProcess;
  readonly #cleansUp: boolean;
  readonly #timer: NodeJS.Timeout;
  #missedMs = -maxStartMs;
  /** how many are waiting for the process to stop */
  #hurried = 0;

  constructor(child: ChildProcess, cleansUp: boolean) {
    this.#child = child;
    this.#cleansUp = cleansUp;
    const pulse = child.stdio?.[beatDescriptor] as Socket | null | undefined;
    pulse?.on('data', () => {
      this.#missedMs = 0;
    });
    // It breaks when the process ends.
    pulse?.on('error', () => {});
    pulse?.unref();
    this.#timer = setInterval(() => this.#tick(), beatIntervalMs).unref();
    if (living.size === 0) process.on('exit', killAll);
    living.add(this);
    child.once('exit', () => this.#end());
    child.once('error', () => this.#end());
  }

  hurry(change: 1 | -1): void {
    this.#hurried += change;
    this.#check();
  }

  killAtExit(): void {
    if (!this.#cleansUp || this.#missedMs >= maxStoppingSilenceMs) this.#child.kill('SIGKILL');
  }

  #tick(): void {
    this.#missedMs += beatIntervalMs;
    this.#check();
  }

  #check(): void {
    const limitMs = this.#hurried > 0 ? maxStoppingSilenceMs : maxSilenceMs;
    if (!living.has(this) || this.#missedMs < limitMs) return;
    this.#child.emit('error', new Error(`it has not responded for ${this.#missedMs / 1000} s`));
    this.#child.kill('SIGKILL');
  }

  #end(): void {
    clearInterval(this.#timer);
    living.delete(this);
    if (living.size === 0) process.off('exit', killAll);
  }
}

/** Keeps this program alive while it waits for messages of a child process, or lets it end. */
export function keepAlive(child: ChildProcess, isAwaited: boolean): void {
  for (const handle of [child, child.channel]) {
    if (isAwaited) handle?.ref();
    else handle?.unref();
  }
}

/** How a process ended, as part of a sentence. */
export function describeExit(code: number | null, signal: string | null): string {
  const remedy = visualCppRemedy();
  return `it ended with ${signal ?? `exit code ${code}`}${remedy === undefined ? '' : `: ${remedy}`}`;
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
