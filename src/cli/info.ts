import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { FileInfo } from '../app/inspect-file.js';
import { parseInfotext } from '../infotext/parse-infotext.js';
import { printJson, printTable } from './output.js';

/** `info <file>`: describes an image or a movie, and shows the settings that it was made with. */
export function addInfoCommand(program: Command): void {
  program
    .command('info')
    .description('describe an image or a movie, and show the settings that it was made with')
    .argument('<file>', 'a PNG, JPEG or WebP image, or a movie')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ steps-animation info "outputs/txt2img-images/animation/42-a red apple.mp4"')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      const { inspectFile } = await import('../app/inspect-file.js');
      const info = await inspectFile(resolve(file));
      if (json) printJson(info);
      else printInfo(info);
    });
}

function printInfo({ infotext, tags, ...properties }: FileInfo): void {
  printTable(Object.entries(properties).map(([name, value]) => [name, String(value)]));
  if (infotext === null) {
    console.log('\nIt has no infotext.');
    return;
  }
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  console.log();
  const settings = [['prompt', prompt], ['negative prompt', negativePrompt], ...Object.entries(fields)];
  printTable(settings.filter(([, value]) => value !== ''));
}
