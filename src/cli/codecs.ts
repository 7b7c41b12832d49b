import type { Command } from 'commander';
import { printJson, printTable } from './print.js';

/** `codecs`: the codec table, each row tried here and now. */
export function addCodecsCommand(program: Command): void {
  program
    .command('codecs')
    .description('list the codecs and try each of them')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', '\nExample:\n  $ steps-animation codecs')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { tryCodecs } = await import('../movie/codec-trial.js');
      const trials = await tryCodecs();
      if (json) {
        for (const { codec, works, message } of trials) printJson({ ...codec, works, ...(message && { message }) });
        return;
      }
      const rows = trials.map(({ codec, works, message }) => [
        codec.name,
        codec.aliases.join(', '),
        `.${codec.extension}`,
        codec.encoder,
        codec.pixelFormat,
        codec.streams ? 'while sampling' : 'afterwards',
        works ? 'works' : `does not work: ${message}`,
      ]);
      printTable([['codec', 'aliases', 'file', 'encoder', 'pixels', 'encoded', 'here'], ...rows]);
    });
}
