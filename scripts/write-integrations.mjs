// Writes what the integrations carry along, so that each folder is all there is to install: the Python modules
// that all integrations share, and the facts of the options; with --check it only tells whether that is needed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codecs } from '../dist/options/codecs.js';
import { scriptArguments } from '../dist/service/sdapi/steps-animation-script.js';

const inIntegrations = (name) => fileURLToPath(new URL(`../integrations/${name}`, import.meta.url));
const isCheck = process.argv.includes('--check');

/** Which modules the programs load; they bring along those that they import. */
const loaded = { webui: ['__init__'], comfyui: ['__init__'], sdnext: ['__init__', 'pipeline'] };
for (const [program, names] of Object.entries(loaded)) {
  const needed = names.reduce((found, name) => modulesFrom(name, found), new Set());
  const folder = `${program}/steps_animation`;
  for (const name of needed) write(`${folder}/${name}.py`, sharedModule(name));
  for (const name of listed(folder)) {
    if (name.endsWith('.py') && !needed.has(name.slice(0, -3))) remove(`${folder}/${name}`);
  }
}
const aliases = Object.values(codecs).flatMap((row) => row.aliases);
const facts = scriptArguments.map((option) => (option.name === 'codec' ? { ...option, aliases } : option));
for (const program of ['webui', 'comfyui']) write(`${program}/options.json`, `${JSON.stringify(facts, null, 2)}\n`);

/** A module and those that it imports when it is loaded. */
function modulesFrom(name, found) {
  found.add(name);
  for (const [, next] of sharedModule(name).matchAll(/^from \.(\w+) import/gmu)) {
    if (!found.has(next)) modulesFrom(next, found);
  }
  return found;
}

function sharedModule(name) {
  return readFileSync(inIntegrations(`python/steps_animation/${name}.py`), 'utf8');
}

function listed(folder) {
  return existsSync(inIntegrations(folder)) ? readdirSync(inIntegrations(folder)) : [];
}

function write(name, text) {
  const path = inIntegrations(name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (isCheck) return complain(name);
  mkdirSync(fileURLToPath(new URL('.', new URL(`../integrations/${name}`, import.meta.url))), { recursive: true });
  writeFileSync(path, text);
}

function remove(name) {
  if (isCheck) return complain(name);
  rmSync(inIntegrations(name));
}

function complain(name) {
  console.error(`error: integrations/${name} is not up to date: run node scripts/write-integrations.mjs`);
  process.exitCode = 1;
}
