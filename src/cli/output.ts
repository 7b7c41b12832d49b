import type { AnimationResult, RunEvent } from '../app/events.js';
import { createProgressDisplay } from './progress.js';

/** Prints a value as JSON, on one line. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value);
  // PowerShell 5.1 decodes what it reads from a program by the code page of its console, whatever that is.
  process.stdout.write(`${process.platform === 'win32' ? asciiOnly(json) : json}\n`);
}

/** The same JSON in ASCII: all other characters stand only in strings, where they can be escaped. */
function asciiOnly(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Prints rows with columns as wide as their longest cell. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

/** Prints what happens during a run. */
type RunReporter = {
  handle(event: RunEvent): void;
  /** Removes the progress from the terminal. */
  close(): void;
};

type RunReporterOptions = {
  /** one JSON object a line on standard output: of each animation, or of each image when no animation is made */
  readonly json: boolean;
  readonly createAnimation: boolean;
  readonly debug: boolean;
};

/** Results go to standard output, everything else to standard error. */
export function createRunReporter({ json, createAnimation, debug }: RunReporterOptions): RunReporter {
  const display = createProgressDisplay(process.stderr);
  // A live movie's frames come with the steps: they are shown only once sampling is over.
  let sampling = false;
  const result = (event: RunEvent, text: string) => {
    display.stop();
    if (!json) process.stdout.write(`${text}\n`);
    else if (event.type === 'animation' || !createAnimation) printJson(event);
  };
  const handle = (event: RunEvent) => {
    switch (event.type) {
      case 'step':
        sampling = event.step < event.steps;
        return display.show({ unit: 'step', value: event.step, total: event.steps });
      case 'rendering':
        if (!sampling) display.show({ unit: 'frame', value: event.frame, total: event.frames });
        return;
      case 'image':
        sampling = false;
        return result(event, `image      ${event.path}`);
      case 'animation':
        return result(event, `animation  ${event.path}  (${summary(event)})`);
      case 'kept':
        return result(event, `kept       ${event.folder}`);
      case 'note':
        display.stop();
        process.stderr.write(`note: ${event.message}\n`);
        return;
      case 'debug':
        if (!debug) return;
        display.stop();
        process.stderr.write(`debug: ${event.message}\n`);
        return;
      case 'start':
        return;
    }
  };
  return { handle, close: () => display.stop() };
}

function summary({ codec, width, height, frames, duration, bytes }: AnimationResult): string {
  return `${codec}, ${width}x${height}, ${frames} frames, ${duration} s, ${Math.ceil(bytes / 1000)} kB`;
}
