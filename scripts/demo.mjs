// Makes a movie from a prompt with the embedded model: npm run demo -- "a rocket"
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [prompt = 'a red apple', ...options] = process.argv.slice(2);
const args = ['txt2img', prompt, '--steps', '30', '--duration', '6', '--seed', '42', ...options];

console.log(`Making a movie of ${JSON.stringify(prompt)} …`);
const { status } = spawnSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
