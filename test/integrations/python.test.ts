import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.warn('There is no python3 here: the integrations in Python are not tested.');

describe.skipIf(!hasPython)('the integrations in Python', () => {
  const files = readdirSync(here).filter((name) => name.endsWith('.py'));

  it.each(files)('%s', (file) => {
    const { status, stderr } = spawnSync('python3', ['-B', '-m', 'unittest', file], { cwd: here, encoding: 'utf8' });
    expect(stderr).toMatch(/^Ran [1-9]\d* tests?/mu);
    expect(status, stderr).toBe(0);
  });
});
