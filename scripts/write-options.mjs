// Writes docs/options.md from the schemas of the options; with --check it only tells whether that is needed.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allowedValues } from '../dist/options/allowed-values.js';
import { animationOptionsSchema } from '../dist/options/animation-options.js';
import { describeOptions } from '../dist/options/describe-options.js';
import { generationOptionsSchema } from '../dist/options/generation-options.js';

const path = fileURLToPath(new URL('../docs/options.md', import.meta.url));
const text = `# Options

Made from the schemas by \`node scripts/write-options.mjs\`. On the command line an option is a flag
(\`--cfg-scale 5\`, and \`--debug\` or \`--no-debug\` for those that are true or false); in the library it has the
same name in camelCase (\`cfgScale\`). The prompt has no flag: it comes first.

## Generation

${table(describeOptions(generationOptionsSchema.omit({ prompt: true })))}

## Animation

${table(describeOptions(animationOptionsSchema))}
`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('error: docs/options.md is not up to date: run node scripts/write-options.mjs');
  process.exitCode = 1;
}

function table(options) {
  const rows = options.map((option) => {
    const value = option.default === '' ? 'none' : `\`${option.default}\``;
    return `| \`${option.flag}\` | ${option.help} | ${allowedValues(option)} | ${value} |`;
  });
  return ['| Option | What it does | Values | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
