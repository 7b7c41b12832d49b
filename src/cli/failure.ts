import { CommanderError } from 'commander';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** What a failed command says, in one line, and the code that it exits with. */
export type Failure = { readonly message: string; readonly exitCode: number };

/** Turns anything thrown into a sentence for people. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return { message: 'Name one of these commands.', exitCode: exitCodes.usage };
    if (error.code === 'commander.unknownCommand' && !error.message.includes('Did you mean')) {
      const message = `${error.message.replace(/^error: /, '')}: "steps-animation --help" lists those that there are.`;
      return { message: oneLine(message), exitCode: exitCodes.usage };
    }
    const isPrompt = error.code === 'commander.excessArguments' && /'(txt|img)2img'/.test(error.message);
    const remedy = isPrompt ? ' Put a prompt of several words in quotes.' : '';
    const message = `${error.message.replace(/^error: /, '')}${remedy}`;
    return { message: oneLine(message), exitCode: error.exitCode === 0 ? exitCodes.success : exitCodes.usage };
  }
  const message = oneLine(messageOf(error));
  return { message, exitCode: error instanceof StepsAnimationError ? exitCodeOf(error) : exitCodes.failure };
}

function exitCodeOf({ code }: StepsAnimationError): number {
  if (code === 'usage') return exitCodes.usage;
  return code === 'interrupted' ? exitCodes.interrupted : exitCodes.failure;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
