import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import { rowsOf } from '../options/option.js';
import { kebabCase } from '../util/letter-case.js';

const rows = Object.entries(rowsOf(animationOptionsSchema));
/** Options that have no effect once the pictures exist, and those that chose the pictures. */
const ofRecording = new Set([
  ...rows.filter(([, row]) => row.needsSampling).map(([name]) => name),
  ...['skipSteps', 'every', 'stopAt'],
]);

/** The command that makes the movie of intermediate images that are there already, with the same options. */
export function renderCommand(folder: string, outdir: string, animation: AnimationOptions, seeds: string): string {
  const defaults = animationOptionsSchema.parse({});
  const flags = Object.entries(animation).flatMap(([name, value]) => {
    if (ofRecording.has(name) || value === defaults[name as keyof AnimationOptions]) return [];
    return value === true ? [flag(name)] : [flag(name), quote(String(value))];
  });
  return [...['steps-animation', 'render', quote(folder), '--runs', seeds, '--outdir', quote(outdir)], ...flags].join(
    ' ',
  );
}

function flag(name: string): string {
  return `--${kebabCase(name)}`;
}

/** For the shell that people paste it into. */
function quote(text: string): string {
  if (/^[\w./:,=@%+-]+$/.test(text)) return text;
  return process.platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
