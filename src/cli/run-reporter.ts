import type { AnimationResult, RunEvent } from '../animate.js';
import { printJson } from './print.js';
import { createProgressDisplay } from './progress.js';

/** Tells a person, or with `json` a program, what a run does. */
export type RunReporter = {
  handle(event: RunEvent): void;
  /** Takes the progress off the terminal. */
  close(): void;
};

/** Results go to standard output, all else to standard error. */
export function createRunReporter(options: { readonly json: boolean }): RunReporter {
  const display = createProgressDisplay(process.stderr);
  const result = (event: RunEvent, text: string) => {
    display.stop();
    if (!options.json) process.stdout.write(`${text}\n`);
    else if (event.type === 'animation') printJson(event);
  };
  const handle = (event: RunEvent) => {
    switch (event.type) {
      case 'step':
        return display.show({ unit: 'step', value: event.step, total: event.steps });
      case 'rendering':
        return display.show({ unit: 'frame', value: event.frame, total: event.frames });
      case 'image':
        return result(event, `image      ${event.path}`);
      case 'animation':
        return result(event, `animation  ${event.path}  (${summary(event)})`);
      case 'kept':
        return result(event, `kept       ${event.folder}`);
      case 'debug':
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
