import { resolve } from 'node:path';
import type { Command } from 'commander';
import { animationOptionsSchema } from '../animation/options.js';
import { addFlags, readOptions } from './flags.js';
import { withInterruption } from './interruption.js';
import { createRunReporter } from './run-reporter.js';

/** The animation options that mean something when there are only images. */
const renderOptionsSchema = animationOptionsSchema.omit({
  runIncomplete: true,
  deleteIntermediate: true,
  createAnimation: true,
  intermediatePath: true,
  animationPath: true,
});

type RenderFlags = { readonly outdir: string; readonly output?: string; readonly json?: boolean };

/** `render <folder or images…>`: a movie from intermediate images. */
export function addRenderCommand(program: Command): void {
  const command = program
    .command('render')
    .description('make a movie from intermediate images')
    .argument('<sources...>', 'a folder of PNG, JPEG or WebP images, taken in natural order, or the images themselves')
    .option('--outdir <folder>', 'folder that the movie goes to', 'outputs')
    .option('--output <file>', 'name of the movie, instead of one in the folder above that comes from the images')
    .option('--json', 'print one JSON object for the finished animation, and nothing else, to standard output')
    .addHelpText('after', '\nExample:\n  $ steps-animation render outputs/txt2img-images/intermediate --duration 5');
  addFlags(command, 'Animation:', renderOptionsSchema);
  command.action(async (sources: string[], flags: RenderFlags & Record<string, unknown>) => {
    const animation = readOptions(renderOptionsSchema, flags);
    const target = flags.output === undefined ? { outdir: resolve(flags.outdir) } : { output: resolve(flags.output) };
    const { render } = await import('../render.js');
    const reporter = createRunReporter({ json: flags.json ?? false, createAnimation: true, debug: animation.debug });
    await withInterruption((signal) =>
      render({ sources, animation, ...target, onEvent: reporter.handle, signal }),
    ).finally(reporter.close);
  });
}
