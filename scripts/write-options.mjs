// Writes all that follows from the rows of the options: docs/options.md, the types of the library with the comments
// that editors show, and the options of the Python package. With --check it only reports what is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allowedValues } from '../dist/options/allowed-values.js';
import { animationOptionsSchema } from '../dist/options/animation-options.js';
import { codecs } from '../dist/options/codecs.js';
import { describeOptions } from '../dist/options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../dist/options/generation-options.js';
import { scriptArguments } from '../dist/service/sdapi/steps-animation-script.js';

const generation = describeOptions(generationOptionsSchema);
const img2img = describeOptions(img2imgOptionsSchema);
const animation = describeOptions(animationOptionsSchema);

write(
  'docs/options.md',
  () => `# Options

Made from the schemas by \`node scripts/write-options.mjs\`. On the command line an option is a flag
(\`--cfg-scale 5\`, and \`--debug\` or \`--no-debug\` for those that are true or false); in the library it has the
same name in camelCase (\`cfgScale\`). The prompt has no flag: it comes first.

## Generation

${table(generation.filter(({ name }) => name !== 'prompt'))}

## Starting picture (img2img)

${table(img2img)}

## Animation

${table(animation)}
`,
);
write(
  'src/options/option-types.ts',
  () => `// Written by scripts/write-options.mjs from the rows of the options.
import type { z } from 'zod';
import type { animationOptionsSchema } from './animation-options.js';
import type { generationOptionsSchema, img2imgOptionsSchema } from './generation-options.js';

${inputType('Generation', 'The generation options as a caller gives them; all may be left out.', generation)}

${inputType('Img2img', 'The options of a starting picture as a caller gives them; all may be left out.', img2img)}

${inputType('Animation', 'The animation options as a caller gives them; all may be left out.', animation)}
`,
);
write('integrations/python/steps_animation/options.json', () => {
  const aliases = Object.values(codecs).flatMap((row) => row.aliases);
  const options = scriptArguments.map((option) => (option.name === 'codec' ? { ...option, aliases } : option));
  return `${JSON.stringify(options, null, 2)}\n`;
});

function table(options) {
  const rows = options.map((option) => {
    const value = option.isOfLook ? 'by the look' : option.default === '' ? 'none' : `\`${option.default}\``;
    return `| \`${option.flag}\` | ${option.help} | ${allowedValues(option)} | ${value} |`;
  });
  return ['| Option | What it does | Values | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function inputType(name, help, options) {
  const schema = `${name.charAt(0).toLowerCase()}${name.slice(1)}OptionsSchema`;
  const lines = options.map((option) => `  /** ${comment(option)} */\n  ${option.name}?: ${name}['${option.name}'];`);
  return `type ${name} = z.input<typeof ${schema}>;
/** ${help} */
export type ${name}OptionsInput = {\n${lines.join('\n')}\n};`;
}

function comment(option) {
  const values = allowedValues(option);
  const byDefault = option.isOfLook ? 'by the look' : option.default === '' ? 'none' : `\`${option.default}\``;
  const sentences = [option.help, values, `default ${byDefault}`];
  return sentences.map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`).join(' ');
}

function write(name, textOf) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const text = textOf();
  if (text === before) return;
  if (!process.argv.includes('--check')) return writeFileSync(path, text);
  console.error(`error: ${name} is not up to date: run npm run build:node && node scripts/write-options.mjs`);
  process.exitCode = 1;
}
