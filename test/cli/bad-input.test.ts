import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';

/** What the command says is one line on standard error that names the value. */
async function expectRefusal(args: string[], exitCode: number, message: RegExp): Promise<void> {
  const result = await runCommand(...args);
  expect(result.stderr).toMatch(/^error: .+\n$/);
  expect(result.stderr).toMatch(message);
  expect(result).toMatchObject({ exitCode, stdout: '' });
}

describe('a wrong command line', () => {
  it.each<[string[], RegExp]>([
    [['txt2img'], /prompt/],
    [['txt2img', 'a', 'red', 'apple'], /quotes/],
    [['codecs', 'x264'], /got 1\.\n$/],
    [['txt2img', 'a', '--stpes', '3'], /--stpes.*--steps/],
    [['txt2img', 'a', '--steps', '0'], /--steps.*1 to 1000.*"0"/],
    [['txt2img', 'a', '--steps', '-5'], /--steps.*"-5"/],
    [['txt2img', 'a', '--steps', 'many'], /--steps.*"many"/],
    [['txt2img', 'a', '--steps', ''], /--steps.*""/],
    [['txt2img', 'a', '--duration', '0'], /--duration.*0\.5 to 120.*"0"/],
    [['txt2img', 'a', '--duration', '-1'], /--duration.*"-1"/],
    [['txt2img', 'a', '--width', '100'], /--width.*multiple of 8.*"100"/],
    [['txt2img', 'a', '--height', '-8'], /--height.*multiple of 8.*"-8"/],
    [['txt2img', 'a', '--codec', 'mpeg1'], /--codec.*x264.*"mpeg1"/],
    [['txt2img', 'a', '--model', ''], /--model.*not empty/],
    [['render', 'images', '--interpolation', 'magic'], /--interpolation.*blend.*"magic"/],
    [['rendr', 'images'], /rendr.*render/],
    [['foo'], /unknown command 'foo': "steps-animation --help" lists/],
    [['txt2img', 'a', '--host', 'comfyui', '--workflow', 'nope.json'], /no file nope\.json for --workflow/],
  ])('%j', (args, message) => expectRefusal(args, 2, message));

  it.each([['--sampler'], ['--model'], ['--scheduler']])('%s that there is not', async (flag) => {
    const outdir = await temporaryFolder();
    await expectRefusal(['txt2img', 'a', flag, 'none such', '--outdir', outdir], 2, /none such/);
  });

  it('with a folder outside of the save location', async () => {
    const outdir = await temporaryFolder();
    await expectRefusal(['txt2img', 'a', '--animation-path', '../..', '--outdir', outdir], 2, /"\.\.\/\.\."/);
  });
});

describe('files that cannot be used', () => {
  it('a save location that is a file', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expectRefusal(['txt2img', 'a', '--outdir', join(file, 'below')], 1, /file/);
  });

  it('a missing folder, an empty folder, no image at all', async () => {
    const folder = await temporaryFolder();
    await expectRefusal(['render', join(folder, 'missing')], 1, /missing/);
    await expectRefusal(['render', folder], 1, /no .*images/);
    await expectRefusal(['info', join(folder, 'missing.png')], 1, /missing\.png/);
  });

  it('a pipe, for which nothing waits', async () => {
    const pipe = join(await temporaryFolder(), 'pipe.png');
    execFileSync('mkfifo', [pipe]);
    await expectRefusal(['info', pipe], 1, /pipe\.png is a pipe/);
    await expectRefusal(['render', pipe], 1, /pipe\.png is a pipe/);
    await expectRefusal(['img2img', pipe, 'a red apple'], 1, /pipe\.png is a pipe/);
  });

  it('a file that is neither image nor movie', async () => {
    const file = join(await temporaryFolder(), 'notes.txt');
    await writeFile(file, 'notes');
    await expectRefusal(['info', file], 1, /notes\.txt is not a readable image or movie: give a PNG, JPEG or WebP/);
  });
});
