import { CommanderError } from 'commander';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';
import { visualCppRemedy } from '../util/visual-cpp.js';

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** What a failed command prints, in one line, and its exit code. */
type Failure = { readonly message: string; readonly exitCode: number };

/** Turns anything thrown into a message for the user. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return { message: 'Name one of these commands.', exitCode: exitCodes.usage };
    if (error.code === 'commander.unknownCommand' && !error.message.includes('Did you mean')) {
      const message = `${error.message.replace(/^error: /, '')}: "steps-animation --help" lists the commands.`;
      return { message: oneLine(message), exitCode: exitCodes.usage };
    }
    const isPrompt = error.code === 'commander.excessArguments' && /'(txt|img)2img'/.test(error.message);
    const remedy = isPrompt ? ' Put a prompt of several words in quotes.' : '';
    const message = `${error.message.replace(/^error: /, '')}${remedy}`;
    return { message: oneLine(message), exitCode: error.exitCode === 0 ? exitCodes.success : exitCodes.usage };
  }
  const remedy = hasCode(error, 'ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND') ? visualCppRemedy() : undefined;
  const message = remedy ?? oneLine(messageOf(error));
  return { message, exitCode: error instanceof StepsAnimationError ? exitCodeOf(error) : exitCodes.failure };
}

function exitCodeOf({ code }: StepsAnimationError): number {
  if (code === 'usage') return exitCodes.usage;
  return code === 'interrupted' ? exitCodes.interrupted : exitCodes.failure;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/**
 * On Windows, SIGHUP says that the window was closed or the user logs off, after which it allows some 5 s, and SIGBREAK is
 * Ctrl-Break. Elsewhere a handler for SIGHUP would defeat `nohup`.
 */
const signals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] : ['SIGINT', 'SIGTERM'];

/**
 * On Windows, a second Ctrl-C that comes sooner after the first counts as the same: the batch files by which npm starts
 * commands ask a question at Ctrl-C, which people answer with another, and the movie would be lost.
 */
const sameInterruptMs = 3000;

/**
 * Runs something that a first signal, such as Ctrl-C, aborts cleanly and a second one kills.
 * @param stopping printed after the first one
 */
export async function withInterruption<T>(
  run: (signal: AbortSignal) => Promise<T>,
  stopping = 'stopping after this step',
): Promise<T> {
  const controller = new AbortController();
  let abortedAt = 0;
  const interrupt = () => {
    const isSame = process.platform === 'win32' && performance.now() - abortedAt < sameInterruptMs;
    if (controller.signal.aborted && isSame) return;
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    abortedAt = performance.now();
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
