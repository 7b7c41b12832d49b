import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { describeOptions } from '#src/options/describe-options.js';
import { generationOptionsSchema } from '#src/options/generation-options.js';
import { runCommand } from './run-command.js';

describe('--help', () => {
  it.each(['txt2img', 'render', 'record', 'models', 'codecs', 'info'])('of %s has an example', async (command) => {
    const { stdout, exitCode } = await runCommand(command, '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Example:\\n {2}\\$ .*steps-animation ${command}`));
  });

  it('of txt2img lists every option with its default', async () => {
    const { stdout } = await runCommand('txt2img', '--help');
    const help = stdout.replace(/\s+/g, ' ');
    const options = [
      ...describeOptions(generationOptionsSchema.omit({ prompt: true })),
      ...describeOptions(animationOptionsSchema),
    ];
    for (const { flag, type, default: value, isOfLook } of options) {
      expect(help).toContain(type === 'boolean' ? `--[no-]${flag.slice(2)} ` : `${flag} <`);
      const own = type === 'boolean' ? (value ? 'yes' : 'no') : value === '' ? 'none' : value;
      expect(help).toContain(`default: ${isOfLook ? 'by the look' : own})`);
    }
  });

  it('agrees with docs/options.md, the types of the library and the Python package', () => {
    const script = fileURLToPath(new URL('../../scripts/write-options.mjs', import.meta.url));
    expect(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' }).stderr).toBe('');
  });
});
