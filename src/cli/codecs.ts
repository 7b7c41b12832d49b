import type { Command } from 'commander';
import type { CodecRow } from '../options/codecs.js';
import { printJson, printTable } from './output.js';

/** `codecs`: the codec table, with each codec tried on this machine. */
export function addCodecsCommand(program: Command): void {
  program
    .command('codecs')
    .description('list the codecs and try each of them on this machine')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', '\nExample:\n  $ steps-animation codecs')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { tryCodecs } = await import('../movie/movie-file.js');
      const trials = await tryCodecs();
      if (json) {
        for (const { codec, works, message } of trials)
          printJson({ ...rowOf(codec), works, ...(message && { message }) });
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

/** A row as it is printed: a name in the output stays when it changes in the code. */
function rowOf(codec: CodecRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(codec).map(([name, value]) => [name === 'maxFps' ? 'mostFps' : name, value]),
  );
}
