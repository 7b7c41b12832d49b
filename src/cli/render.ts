import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { RunChoice } from '../app/picture-sources.js';
import { animationOptionsSchema } from '../options/animation-options.js';
import { parseSeed } from '../util/seed.js';
import { withInterruption } from './exit.js';
import { addFlags, readAnimationOptions } from './flags.js';
import { createRunReporter } from './output.js';

type RenderFlags = {
  readonly outdir: string;
  readonly output?: string;
  readonly runs?: RunChoice;
  readonly sideBySide?: boolean;
  readonly json?: boolean;
};

/** `render <sources…>`: a movie of images that exist already. */
export function addRenderCommand(program: Command): void {
  const command = program
    .command('render')
    .description('make a movie from intermediate images')
    .argument(
      '<sources...>',
      'folders of intermediate images, images, patterns such as "steps/*.png", animated images or movies',
    )
    .option(
      '--runs <which>',
      'of a folder with several runs: all, last, or seeds such as 42,43 (default: all)',
      readRuns,
    )
    .option('--side-by-side', 'put the runs or sources side by side, labelled with what differs')
    .option('--outdir <folder>', 'folder in which the movie is saved', 'outputs')
    .option(
      '--output <file>',
      'file name of the movie, or a folder for it, instead of a name in --outdir that is derived from the images',
    )
    .option('--json', 'print one JSON object for the finished animation, and nothing else, to standard output')
    .addHelpText('after', '\nExample:\n  $ steps-animation render outputs/txt2img-images/intermediate --duration 5');
  addFlags(command, 'Animation:', animationOptionsSchema, ({ needsSampling = false }) => !needsSampling);
  command.action(async (sources: string[], flags: RenderFlags & Record<string, unknown>) => {
    const animation = await readAnimationOptions(flags);
    const { output, outdir, runs, sideBySide = false } = flags;
    const target = output === undefined ? { outdir: resolve(outdir) } : { output };
    const choice = { sideBySide, ...(runs && { runs }) };
    const { render } = await import('../app/render.js');
    const reporter = createRunReporter({ json: flags.json ?? false, createAnimation: true, debug: animation.debug });
    await withInterruption(
      (signal) => render({ sources, animation, ...choice, ...target, onEvent: reporter.handle, signal }),
      'stopping',
    ).finally(reporter.close);
  });
}

function readRuns(text: string): RunChoice {
  if (text === 'all' || text === 'last') return text;
  const parts = text.split(',');
  const seeds = parts.flatMap((part) => parseSeed(part) ?? []);
  if (seeds.length < parts.length) {
    throw new InvalidArgumentError('It must be all, last, or seeds such as 42,43.');
  }
  return seeds;
}
