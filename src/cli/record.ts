import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { StepsAnimationError } from '../errors.js';
import { animationOptionsSchema } from '../options/animation-options.js';
import { failureOf } from './failure.js';
import { addFlags, readOptions } from './flags.js';
import { withInterruption } from './interruption.js';
import { printJson } from './print.js';
import { createRunReporter } from './run-reporter.js';

type RecordFlags = {
  readonly outdir: string;
  readonly tab: 'txt2img' | 'img2img';
  readonly folder?: string;
  readonly saveImages: boolean;
};

/** `record`: steps from any program, on standard input. */
export function addRecordCommand(program: Command): void {
  const command = program
    .command('record')
    .description('make movies of the steps that another program sends to standard input (docs/protocol.md)')
    .option('--outdir <folder>', 'folder below which images and movies go', 'outputs')
    .addOption(
      new Option('--tab <name>', 'which of the folders of images').choices(['txt2img', 'img2img']).default('txt2img'),
    )
    .option('--folder <folder>', 'folder of the images, in place of the one that --outdir and --tab tell')
    .option('--no-save-images', 'leave saving the finished images to the program that sends them')
    .addHelpText('after', '\nExample:\n  $ my-program | steps-animation record --duration 6');
  addFlags(command, 'Animation:', animationOptionsSchema);
  command.action(async (flags: RecordFlags & Record<string, unknown>) => {
    try {
      await record(flags);
    } catch (error) {
      // The sender reads standard output: it is told there, too.
      const code = error instanceof StepsAnimationError ? error.code : 'unexpected';
      printJson({ type: 'error', code, message: failureOf(error).message });
      throw error;
    }
  });
}

async function record({
  outdir,
  tab,
  folder,
  saveImages,
  ...flags
}: RecordFlags & Record<string, unknown>): Promise<void> {
  const animation = readOptions(animationOptionsSchema, flags);
  if (process.stdin.isTTY) {
    const message = 'Standard input is a terminal: record takes the steps that another program sends there.';
    throw new StepsAnimationError('usage', `${message} docs/protocol.md tells how.`);
  }
  const [{ animate }, { createStreamHost }, { decodePicture }] = await Promise.all([
    import('../app/animate.js'),
    import('../hosts/stream/host.js'),
    import('../pictures/picture-files.js'),
  ]);
  const { handle, close } = createRunReporter({ ...animation, json: true });
  const say = (text: string) => () => process.stderr.write(`${text}\n`);
  const host = createStreamHost({
    stream: process.stdin,
    decode: decodePicture,
    onWait: say('steps come faster than they can be stored: their sender has to wait'),
    onCut: say('the stream was cut off: its images end with the last step that came'),
  });
  await withInterruption((signal) =>
    animate({
      ...{ host, animation, tab, outdir: resolve(outdir), saveImages, onEvent: handle, signal },
      ...(folder !== undefined && { folder: resolve(folder) }),
    }),
  ).finally(close);
}
