import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { StepsAnimationError } from '../errors.js';
import { animationOptionsSchema } from '../options/animation-options.js';
import { failureOf, withInterruption } from './exit.js';
import { addFlags, outdirOption, readAnimationOptions } from './flags.js';
import { createRunReporter, printJson } from './output.js';

type RecordFlags = {
  readonly outdir: string;
  readonly tab: 'txt2img' | 'img2img';
  readonly folder?: string;
  readonly saveImages: boolean;
};

/** `record`: movies of the steps that any program sends to standard input. */
export function addRecordCommand(program: Command): void {
  const command = program
    .command('record')
    .description('make movies of the steps that another program sends to standard input (docs/protocol.md)')
    .addOption(outdirOption())
    .addOption(
      new Option('--tab <name>', 'which folder of --outdir the images go to')
        .choices(['txt2img', 'img2img'])
        .default('txt2img'),
    )
    .option('--folder <folder>', 'folder of the images, instead of the one that --outdir and --tab name')
    .option('--no-save-images', 'do not save the finished images: the sending program does')
    .addHelpText('after', '\nExample:\n  $ my-program | steps-animation record --duration 6');
  addFlags(command, 'Animation:', animationOptionsSchema);
  command.action(async (flags: RecordFlags & Record<string, unknown>) => {
    try {
      await record(flags);
    } catch (error) {
      // The sender reads standard output, so the error goes there too.
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
  const animation = await readAnimationOptions(flags);
  if (process.stdin.isTTY) {
    const message = 'Standard input is a terminal: record needs the steps that another program sends there.';
    throw new StepsAnimationError('usage', `${message} docs/protocol.md describes the format.`);
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
    onWait: say('steps arrive faster than they can be stored: the sender has to wait'),
    onCut: say('the stream was cut off: its images end with the last step that arrived'),
  });
  await withInterruption((signal) =>
    animate({
      ...{ host, animation, tab, outdir: resolve(outdir), saveImages, onEvent: handle, signal },
      ...(folder !== undefined && { folder: resolve(folder) }),
    }),
  ).finally(close);
}
