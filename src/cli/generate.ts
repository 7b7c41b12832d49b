import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AnimateSettings } from '../app/animate.js';
import { checkFile } from '../files/check-file.js';
import { prepareFolder } from '../files/whole-files.js';
import type { GenerationRequest } from '../hosts/host.js';
import { locateModels } from '../models/models-folders.js';
import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import type { OptionDescription } from '../options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';
import { withInterruption } from './exit.js';
import {
  addFlags,
  addHostFlags,
  deviceOption,
  type EmbeddedFlags,
  type HostFlags,
  hostChoice,
  modelsDirOption,
  outdirOption,
  readAnimationOptions,
  readOptions,
  wholeNumber,
} from './flags.js';
import { createRunReporter } from './output.js';

/** The flags of both commands besides their options. */
type GenerationFlags = HostFlags &
  EmbeddedFlags & {
    readonly outdir: string;
    readonly json?: boolean;
    readonly threads?: number;
    readonly model?: string;
  } & Readonly<Record<string, unknown>>;

const isFlag = ({ name }: OptionDescription) => name !== 'prompt';

/** `txt2img <prompt>`: an image from a prompt, and the movie of its steps. */
export function addTxt2imgCommand(program: Command): void {
  const command = program
    .command('txt2img')
    .description('generate an image from a prompt, and a movie of it being made')
    .argument('<prompt>', 'what the image should show')
    .addHelpText('after', '\nExample:\n  $ steps-animation txt2img "a red apple" --steps 30 --duration 6 --seed 42');
  addFlags(command, 'Generation:', generationOptionsSchema, isFlag);
  addRunFlags(command);
  command.action(async (prompt: string, flags: GenerationFlags) => {
    const request = readOptions(generationOptionsSchema, { ...flags, prompt });
    await generate('txt2img', request, await readAnimationOptions(flags), flags);
  });
}

/** `img2img <picture> [prompt]`: an image that starts from a picture, and the movie of its steps. */
export function addImg2imgCommand(program: Command): void {
  const command = program
    .command('img2img')
    .description('generate an image from a picture and a prompt, and a movie of it being made')
    .argument('<picture>', 'image file to start from')
    .argument('[prompt]', 'what the image should show', '')
    .option('--mask <file>', 'image file of the same size: white is repainted, black stays')
    .addHelpText(
      'after',
      '\nExample:\n  $ steps-animation img2img sketch.png "a red apple" --denoising-strength 0.6 --start-frame',
    );
  addFlags(command, 'Starting picture:', img2imgOptionsSchema);
  addFlags(command, 'Generation:', generationOptionsSchema, (option) => isFlag(option) && option.section !== 'hires');
  addRunFlags(command);
  command.action(async (picture: string, prompt: string, flags: GenerationFlags & { readonly mask?: string }) => {
    const request = readOptions(generationOptionsSchema, { ...flags, prompt });
    const options = readOptions(img2imgOptionsSchema, flags);
    const animation = await readAnimationOptions(flags);
    for (const path of [picture, flags.mask]) if (path !== undefined) await checkFile(path);
    // Loaded late: it brings a native library, which other commands do without.
    const { readPicture } = await import('../pictures/picture-files.js');
    const mask = flags.mask === undefined ? {} : { mask: await readPicture(flags.mask) };
    const start = { ...options, ...mask, picture: await readPicture(picture) };
    await generate('img2img', { ...request, start }, animation, flags);
  });
}

/** Adds the flags that say what generates the images and where they go. */
function addRunFlags(command: Command): void {
  addHostFlags(command);
  command
    .addOption(outdirOption())
    .option('--json', 'print one JSON object for each finished animation, and nothing else, to standard output')
    .addOption(modelsDirOption())
    .addOption(deviceOption())
    .option(
      '--threads <number>',
      'number of threads that share a step (default: one per core)',
      wholeNumber('--threads', 1, 256),
    );
  addFlags(command, 'Animation:', animationOptionsSchema);
}

async function generate(
  tab: NonNullable<AnimateSettings['tab']>,
  given: GenerationRequest,
  animation: AnimationOptions,
  flags: GenerationFlags,
): Promise<void> {
  const outdir = resolve(flags.outdir);
  await prepareFolder(outdir);
  // Imported here, as they load native libraries, which help and errors do not need.
  const { animate } = await import('../app/animate.js');
  const { openHost } = await import('../hosts/open-host.js');
  const { packaged, stored } = locateModels(flags.modelsDir);
  await using host = await openHost({
    ...hostChoice(flags),
    embedded: {
      modelsFolders: [packaged, stored],
      device: flags.device,
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    },
  });
  const request = host.name === 'embedded' || flags.model !== undefined ? given : withoutModel(given);
  const { handle, close } = createRunReporter({ ...animation, json: flags.json ?? false });
  await withInterruption((signal) =>
    animate({ host, request, animation, outdir, tab, onEvent: handle, signal }),
  ).finally(close);
}

/** The default model is one of the embedded host: other hosts use the one that they have loaded. */
function withoutModel({ model: _, ...request }: GenerationRequest): GenerationRequest {
  return request;
}
