// Installs and builds what is missing or out of date, with nothing but Node; does nothing if everything is up to date.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inRoot = (...names) => join(root, ...names);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed, this is ${process.versions.node}: get one from https://nodejs.org`);
}

// Written when the packages are installed: npm leaves the times of what is unchanged.
const installed = inRoot('node_modules', '.installed');
// Packages that another checkout has, and lends to this one, are its own business.
const isLent = lstatSync(inRoot('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

if (!isLent && timeOf(installed) < Math.max(timeOf(inRoot('package-lock.json')), timeOf(inRoot('package.json')))) {
  console.log('Installing the packages (npm ci) …');
  npm(['ci', '--include=dev', '--no-progress', '--loglevel=error']);
  writeFileSync(installed, '');
}

/** What each part of the build is made of; the page takes types from the service. */
const parts = {
  node: ['src', 'tsconfig.json'],
  frames: ['src/movie/kernels/assembly'],
  motion: ['src/motion/assembly'],
  web: ['web', 'src/service', 'src/options'],
};
const isStale = (part) => {
  const sources = [...parts[part], 'package.json'].map((name) => newest(inRoot(name)));
  return timeOf(inRoot('dist', `.built-${part}`)) < Math.max(...sources, isLent ? 0 : timeOf(installed));
};
const stale = Object.keys(parts).filter(isStale);
if (stale.length > 0) console.log(`Building (${stale.join(', ')}) …`);
// One by one: `npm run build` starts npm by its name, which not every Node.js brings along.
for (const part of stale) {
  npm(['run', `build:${part}`, '--silent']);
  writeFileSync(inRoot('dist', `.built-${part}`), '');
}

function timeOf(path) {
  return existsSync(path) ? statSync(path).mtimeMs : Number.NEGATIVE_INFINITY;
}

/** The time of the last change below a path; a folder's own time changes when files are deleted. */
function newest(path) {
  if (!existsSync(path) || !statSync(path).isDirectory()) return timeOf(path);
  return Math.max(timeOf(path), ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Runs npm, the one that runs this script if there is one. */
function npm(args) {
  const script = process.env.npm_execpath;
  const windows = process.platform === 'win32';
  const [command, before] = script?.endsWith('.js') ? [process.execPath, [script]] : [windows ? 'npm.cmd' : 'npm', []];
  const { status, error } = spawnSync(command, [...before, ...args], {
    cwd: root,
    stdio: 'inherit',
    shell: command === 'npm.cmd',
  });
  if (status !== 0) fail(`npm ${args[0]} did not succeed${error ? ` (${error.message})` : ''}: see above`);
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
