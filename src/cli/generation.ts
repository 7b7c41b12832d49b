import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { AnimateSettings } from '../app/animate.js';
import { type DeviceChoice, deviceNames } from '../diffusion/networks/devices.js';
import { StepsAnimationError } from '../errors.js';
import { prepareFolder } from '../files/whole-files.js';
import type { GenerationRequest } from '../hosts/host.js';
import { locateModels } from '../models/models-folders.js';
import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import { addFlags } from './flags.js';
import { addHostFlags, type HostFlags, hostChoice } from './host-flags.js';
import { withInterruption } from './interruption.js';
import { createRunReporter } from './run-reporter.js';

/** What every command that generates images takes beside its options. */
export type GenerationFlags = HostFlags & {
  readonly outdir: string;
  readonly json?: boolean;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly modelsDir?: string;
  readonly model?: string;
};

/** Gives a command the flags that say what makes the images and where they go. */
export function addGenerationFlags(command: Command): void {
  addHostFlags(command);
  command
    .option('--outdir <folder>', 'folder below which images and movies go', 'outputs')
    .option('--json', 'print one JSON object for each finished animation, and nothing else, to standard output')
    .option(
      '--models-dir <folder>',
      'folder of the stored models (default: $STEPS_ANIMATION_MODELS, or one in your cache folder)',
    )
    .addOption(
      new Option('--device <name>', 'what the model runs on; auto is the first of the machine that works')
        .choices(deviceNames)
        .default('auto'),
    )
    .option('--threads <number>', 'how many threads share a step (default: as many as there are cores)', threadsOf);
  addFlags(command, 'Animation:', animationOptionsSchema);
}

function threadsOf(value: string): number {
  const threads = Number(value);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new StepsAnimationError(
    'usage',
    `--threads must be a whole number from 1 to 256, not ${JSON.stringify(value)}`,
  );
}

/** Generates images and makes their movies. */
export async function generate(
  tab: NonNullable<AnimateSettings['tab']>,
  given: GenerationRequest,
  animation: AnimationOptions,
  flags: GenerationFlags,
): Promise<void> {
  const outdir = resolve(flags.outdir);
  await prepareFolder(outdir);
  // Loaded late: these bring the native libraries with them, which help and errors can do without.
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

/** The default is a model of the embedded host: any other makes images with the one that it has loaded. */
function withoutModel({ model: _, ...request }: GenerationRequest): GenerationRequest {
  return request;
}
