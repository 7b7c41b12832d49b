import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import { kebabCase } from '../util/letter-case.js';

/** Options that mean nothing once the pictures are there. */
const ofRecording = new Set([
  ...['runIncomplete', 'deleteIntermediate', 'createAnimation', 'intermediatePath', 'animationPath'],
  ...['intermediateFormat', 'intermediateQuality', 'content', 'passes', 'skipSteps', 'every', 'stopAt', 'grid'],
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
