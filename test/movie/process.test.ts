import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { MovieRequest } from '#src/movie/messages.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const module = fileURLToPath(new URL('../../dist/movie/process.js', import.meta.url));
const size = { width: 256, height: 256 };

it.each([
  ['live', true],
  ['after', false],
])('the movie process of a killed recorder saves the steps that it has and clears up, %s', async (_, compose) => {
  const [folder, animation] = [await temporaryFolder(), await temporaryFolder()];
  const child = fork(module, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const send = (request: MovieRequest) => new Promise((sent) => child.send({ id: 0, request }, sent));
  const settings = {
    ...animationOptionsSchema.parse({ duration: 20 }),
    ...size,
    duration: 20,
    tags: {},
    sideBySide: 1,
  };
  void send({
    type: 'open',
    movie: 0,
    target: { folder: animation, stem: 'movie' },
    settings: { ...settings, sources: 5 },
    typicalChange: 100,
  });
  await once(child, 'message');
  const pictures = [1, 2, 3, 4].map((step): MovieRequest => {
    const keep = { folder, stem: `${step}`, infotext: '', format: { type: 'png', quality: 90 } } as const;
    return { type: 'picture', movie: 0, picture: emerging(size.width, size.height, step / 4), keep, compose };
  });
  await Promise.all(pictures.map(send));
  child.disconnect();
  const [exitCode] = await once(child, 'exit');
  expect(errors).toBe('');
  expect(exitCode).toBe(0);
  expect(await readdir(folder)).toEqual(['1.png', '2.png', '3.png', '4.png']);
  expect(await readdir(animation)).toEqual([]);
});
