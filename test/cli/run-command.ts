import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

type CommandResult = { readonly stdout: string; readonly stderr: string; readonly exitCode: number | null };

type StartedCommand = {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly result: Promise<CommandResult>;
};

/** Runs the built command as a person would, without a shell. */
export function runCommand(...args: string[]): Promise<CommandResult> {
  return startCommand(...args).result;
}

/** Movies as long as they are told to be, unless the arguments name a look. */
function plainly(args: readonly string[]): readonly string[] {
  const makesMovies = ['txt2img', 'img2img', 'render'].includes(args[0] ?? '') && !args.includes('--help');
  return makesMovies && !args.includes('--look') ? [...args, '--look', 'classic'] : args;
}

/** Starts the built command, to send it signals. */
export function startCommand(...args: string[]): StartedCommand {
  const child = spawn(process.execPath, [command, ...plainly(args)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ ...output, exitCode }));
  });
  return { child, result };
}

/** Runs the built command with a text on its standard input. */
export async function runCommandOn(input: string, ...args: string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [command, ...args]);
  const ended = once(child, 'exit');
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await ended;
  return { stdout, stderr, exitCode };
}

/** Sends a stream to `record`, with the look `classic`, and takes apart what comes back. */
export async function record(input: readonly Uint8Array[], ...options: string[]) {
  const child = spawn(process.execPath, [command, 'record', '--look', 'classic', ...options]);
  const ended = once(child, 'exit');
  child.stdin.on('error', () => {}); // a command that refuses the stream closes it
  for (const chunk of input) child.stdin.write(chunk);
  child.stdin.end();
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await ended;
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { results: lines.map((line) => JSON.parse(line)), stderr, exitCode };
}
