import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { animate, createEmbeddedHost, type GenerationRequest, render } from '#src/index.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { tinyRequest } from '../hosts/generate.js';

const modelsFolders = [fileURLToPath(new URL('../fixtures', import.meta.url))];

it('a run that is stopped before there is an image says so', async () => {
  await using host = createEmbeddedHost({ modelsFolders });
  const outdir = await temporaryFolder();
  const signal = AbortSignal.abort();
  await expect(animate({ host, request: tinyRequest, outdir, signal })).rejects.toMatchObject({ code: 'interrupted' });
  expect(await readdir(outdir, { recursive: true })).not.toContainEqual(expect.stringMatching(/\./));
});

it('paths of results are absolute where the save location is not', async () => {
  await using host = createEmbeddedHost({ modelsFolders });
  const folder = await temporaryFolder();
  const outdir = relative(process.cwd(), folder);
  const paths: string[] = [];
  const animation = { look: 'classic' as const, duration: 0.5, fps: 2, deleteIntermediate: false };
  const [result] = await animate({
    ...{ host, request: tinyRequest, outdir, animation },
    onEvent: (event) => {
      if ('path' in event) paths.push(event.path);
      if (event.type === 'kept') paths.push(event.folder);
    },
  });
  paths.push(result?.path ?? '', result?.image ?? '');
  for (const path of paths) expect(path.startsWith(folder), path).toBe(true);
  const [other] = await animate({ host, request: tinyRequest, outdir: '', folder: outdir, animation });
  expect(other?.image?.startsWith(folder)).toBe(true);
  const rendered = await render({ sources: [join(outdir, 'txt2img-images/intermediate')], outdir, animation });
  expect(rendered.path.startsWith(folder)).toBe(true);
});

it('a run that is stopped before its first step leaves nothing of its starting picture', async () => {
  await using host = createEmbeddedHost();
  const stop = new AbortController();
  const start = { picture: { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) }, startFrame: true };
  const types: string[] = [];
  for await (const { type } of host.generate({ start }, stop.signal)) {
    types.push(type);
    stop.abort();
  }
  expect(types).toEqual(['start', 'end']);
});

const small = { width: 2, height: 2, data: new Uint8Array(12) };

it.each([
  ['width', { width: -8 }, 'usage', /^width must be a multiple of 8.*, not -8/],
  ['model', { model: 5 }, 'usage', /^model must be a text.*, not 5/],
  ['option', { unheard: 1 }, 'usage', /unheard/],
  ['strength', { start: { picture: small, denoisingStrength: 2 } }, 'usage', /^denoisingStrength must be .*, not 2/],
  ['picture', { start: { picture: { ...small, width: 3 } } }, 'input', /3/],
  ['mask', { start: { picture: small, mask: { ...small, height: 3 } } }, 'input', /3/],
])('a wrong %s is refused before anything is opened', async (_, change, code, message) => {
  await using host = createEmbeddedHost({ modelsFolders });
  const outdir = await temporaryFolder();
  const request = { ...tinyRequest, ...change } as GenerationRequest;
  const refused = { code, message: expect.stringMatching(message) };
  await expect(animate({ host, request, outdir })).rejects.toMatchObject(refused);
  expect(await readdir(outdir)).toEqual([]);
});

it.each([
  ['a hires pass by Lanczos', { hiresScale: 2, hiresUpscaler: 'Lanczos' }, /Lanczos needs: take Latent/],
  [
    'a starting picture',
    { start: { picture: { width: 1, height: 1, data: new Uint8Array(3) } } },
    /starting picture needs: use txt2img/,
  ],
] as const)('%s is refused before anything is sampled where the model cannot encode', async (_, more, message) => {
  await using host = createEmbeddedHost({ modelsFolders });
  const types: string[] = [];
  const run = async () => {
    for await (const { type } of host.generate({ ...tinyRequest, ...more })) types.push(type);
  };
  await expect(run()).rejects.toMatchObject({ code: 'model', message: expect.stringMatching(message) });
  expect(types).toEqual([]);
});
