import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPngText } from '#src/infotext/png.js';
import { emerging } from '../helpers/pictures.js';
import { end, rawImage, rawStep, start } from '../helpers/stream.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { record, runCommand } from './run-command.js';

const prompts = [
  `quotes " ' \` and $(touch escaped) ; | & > < %PATH% !x`,
  'two\nlines\r\nand\ttabs',
  'emoji 🍎👩‍🚀🏳️‍🌈 and 猫',
  'تفاحة حمراء \u202e reversed \u2066',
  'x'.repeat(5000),
  '../../x',
  '/etc/passwd',
  'CON',
  'trailing dots...   ',
  '\u0000\u0001\ud800',
  '',
];

describe('prompts of all kinds', () => {
  it('become safe names with the right metadata, inside of the save location', async () => {
    const folder = await temporaryFolder();
    const outdir = join(folder, 'outputs');
    const size = { width: 32, height: 32 };
    // A lone surrogate cannot be sent as UTF-8, nor a zero byte kept in a PNG text.
    const infotexts = prompts.map(
      (prompt) => `${prompt.replace(/[\p{Cs}\p{Cc}]/gu, '')}\nSteps: 2, Seed: 1, CFG scale: 7`,
    );
    const images = prompts.map((prompt, seed) => ({ seed, prompt, infotext: infotexts[seed], ...size }));
    const messages = prompts.flatMap((_, image) => [
      rawStep(1, emerging(32, 32, 0.5), { image }),
      rawStep(2, emerging(32, 32, 1), { image }),
      rawImage(emerging(32, 32, 1), { image }),
    ]);
    const options = ['--outdir', outdir, '--duration', '0.5', '--codec', 'webp'];
    const { results, exitCode, stderr } = await record([start(2, images), ...messages, end], ...options);
    expect(exitCode, stderr).toBe(0);
    expect(results).toHaveLength(prompts.length);
    for (const { path, image, seed } of results) {
      expect(dirname(path)).toBe(join(outdir, 'txt2img-images', 'animation'));
      expect(dirname(image)).toBe(join(outdir, 'txt2img-images'));
      for (const name of [basename(path), basename(image)]) {
        expect(name).toMatch(new RegExp(`^${seed}(-|\\.)`));
        expect(Buffer.byteLength(name)).toBeLessThan(256);
        expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}\u202e\u2066]|[. ]\.\w+$/u);
      }
      expect(readPngText(await readFile(image), 'parameters')).toBe(infotexts[seed]);
      const { stdout } = await runCommand('info', path, '--json');
      expect(JSON.parse(stdout).infotext).toBe(infotexts[seed]);
    }
    expect((await readdir(outdir)).sort()).toEqual(['txt2img-images']);
    expect(await readdir(folder)).toEqual(['outputs']);
  });
});
