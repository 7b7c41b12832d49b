// Writes the options of the movie for the Python package, on which the integrations in Python build; with --check it only
// says whether that is needed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codecs } from '../dist/options/codecs.js';
import { scriptArguments } from '../dist/service/sdapi/steps-animation-script.js';

const path = fileURLToPath(new URL('../integrations/python/steps_animation/options.json', import.meta.url));
const aliases = Object.values(codecs).flatMap((row) => row.aliases);
const options = scriptArguments.map((option) => (option.name === 'codec' ? { ...option, aliases } : option));
const text = `${JSON.stringify(options, null, 2)}\n`;

if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  if (process.argv.includes('--check')) {
    console.error(
      'error: options.json of the Python package is not up to date: run node scripts/write-integrations.mjs',
    );
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
