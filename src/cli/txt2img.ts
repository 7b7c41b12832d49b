import type { Command } from 'commander';
import { animationOptionsSchema } from '../options/animation-options.js';
import { generationOptionsSchema } from '../options/generation-options.js';
import { addFlags, readOptions } from './flags.js';
import { addGenerationFlags, type GenerationFlags, generate } from './generation.js';

/** `txt2img <prompt>`: an image from a prompt, and the movie of it being made. */
export function addTxt2imgCommand(program: Command): void {
  const command = program
    .command('txt2img')
    .description('make an image from a prompt, and the movie of it being made')
    .argument('<prompt>', 'what the image shall show')
    .addHelpText('after', '\nExample:\n  $ steps-animation txt2img "a red apple" --steps 30 --duration 6 --seed 42');
  addFlags(command, 'Generation:', generationOptionsSchema, ({ name }) => name !== 'prompt');
  addGenerationFlags(command);
  command.action(async (prompt: string, flags: GenerationFlags & Record<string, unknown>) => {
    const request = readOptions(generationOptionsSchema, { ...flags, prompt });
    await generate('txt2img', request, readOptions(animationOptionsSchema, flags), flags);
  });
}
