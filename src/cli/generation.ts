import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { AnimateSettings } from '../animate.js';
import { type AnimationOptions, animationOptionsSchema } from '../animation/options.js';
import { prepareFolder } from '../animation/whole-files.js';
import { type DeviceChoice, deviceNames } from '../diffusion/devices.js';
import { StepsAnimationError } from '../errors.js';
import type { GenerationRequest } from '../hosts/host.js';
import { locateModels } from '../models/models-folders.js';
import { addFlags } from './flags.js';
import { withInterruption } from './interruption.js';
import { createRunReporter } from './run-reporter.js';

/** What every command that generates images takes beside its options. */
export type GenerationFlags = {
  readonly outdir: string;
  readonly json?: boolean;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly modelsDir?: string;
};

/** Gives a command the flags that say where images go and what models run on. */
export function addGenerationFlags(command: Command): void {
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

/** Generates images on this machine and makes their movies. */
export async function generate(
  tab: NonNullable<AnimateSettings['tab']>,
  request: GenerationRequest,
  animation: AnimationOptions,
  flags: GenerationFlags,
): Promise<void> {
  const outdir = resolve(flags.outdir);
  await prepareFolder(outdir);
  // Loaded late: these bring the native libraries with them, which help and errors can do without.
  const { animate } = await import('../animate.js');
  const { createEmbeddedHost } = await import('../hosts/embedded.js');
  const { packaged, stored } = locateModels(flags.modelsDir);
  await using host = createEmbeddedHost({
    modelsFolders: [packaged, stored],
    device: flags.device,
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
  });
  const { handle, close } = createRunReporter({ ...animation, json: flags.json ?? false });
  await withInterruption((signal) =>
    animate({ host, request, animation, outdir, tab, onEvent: handle, signal }),
  ).finally(close);
}
