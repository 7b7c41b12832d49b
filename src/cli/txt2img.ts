import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type AnimationOptions, animationOptionsSchema } from '../animation/options.js';
import { prepareFolder } from '../animation/whole-files.js';
import { type GenerationOptions, generationOptionsSchema } from '../hosts/generation-options.js';
import { addFlags, readOptions } from './flags.js';
import { withInterruption } from './interruption.js';
import { createRunReporter } from './run-reporter.js';

type Txt2imgFlags = { readonly outdir: string; readonly json?: boolean };

/** `txt2img <prompt>`: an image from a prompt, and the movie of it being made. */
export function addTxt2imgCommand(program: Command): void {
  const command = program
    .command('txt2img')
    .description('make an image from a prompt, and the movie of it being made')
    .argument('<prompt>', 'what the image shall show')
    .option('--outdir <folder>', 'folder below which images and movies go', 'outputs')
    .option('--json', 'print one JSON object for each finished animation, and nothing else, to standard output')
    .addHelpText('after', '\nExample:\n  $ steps-animation txt2img "a red apple" --steps 30 --duration 6 --seed 42');
  addFlags(command, 'Generation:', generationOptionsSchema.omit({ prompt: true }));
  addFlags(command, 'Animation:', animationOptionsSchema);
  command.action(async (prompt: string, flags: Txt2imgFlags & Record<string, unknown>) => {
    const request = readOptions(generationOptionsSchema, { ...flags, prompt });
    const animation = readOptions(animationOptionsSchema, flags);
    await txt2img(request, animation, flags);
  });
}

async function txt2img(request: GenerationOptions, animation: AnimationOptions, flags: Txt2imgFlags): Promise<void> {
  const outdir = resolve(flags.outdir);
  await prepareFolder(outdir);
  // Loaded late: these bring the native libraries with them, which help and errors can do without.
  const { animate } = await import('../animate.js');
  const { createEmbeddedHost } = await import('../hosts/embedded.js');
  await using host = createEmbeddedHost();
  const { handle, close } = createRunReporter({ ...animation, json: flags.json ?? false });
  await withInterruption((signal) => animate({ host, request, animation, outdir, onEvent: handle, signal })).finally(
    close,
  );
}
