import type { Command } from 'commander';
import { animationOptionsSchema } from '../options/animation-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';
import { readPicture } from '../pictures/picture-files.js';
import { addFlags, readOptions } from './flags.js';
import { addGenerationFlags, type GenerationFlags, generate } from './generation.js';

type Img2imgFlags = GenerationFlags & { readonly mask?: string } & Record<string, unknown>;

/** `img2img <picture> [prompt]`: an image that starts from a picture, and the movie of it being made. */
export function addImg2imgCommand(program: Command): void {
  const command = program
    .command('img2img')
    .description('make an image from a picture and a prompt, and the movie of it being made')
    .argument('<picture>', 'image file to start from')
    .argument('[prompt]', 'what the image shall show', '')
    .option('--mask <file>', 'image file of the same size: what is white is painted anew, what is black stays')
    .addHelpText(
      'after',
      '\nExample:\n  $ steps-animation img2img sketch.png "a red apple" --denoising-strength 0.6 --start-frame',
    );
  addFlags(command, 'Starting picture:', img2imgOptionsSchema);
  addFlags(
    command,
    'Generation:',
    generationOptionsSchema,
    ({ name, section }) => name !== 'prompt' && section !== 'hires',
  );
  addGenerationFlags(command);
  command.action(async (picture: string, prompt: string, flags: Img2imgFlags) => {
    const request = readOptions(generationOptionsSchema, { ...flags, prompt });
    const start = readOptions(img2imgOptionsSchema, flags);
    const animation = readOptions(animationOptionsSchema, flags);
    const mask = flags.mask === undefined ? {} : { mask: await readPicture(flags.mask) };
    const started = { ...request, start: { ...start, ...mask, picture: await readPicture(picture) } };
    await generate('img2img', started, animation, flags);
  });
}
