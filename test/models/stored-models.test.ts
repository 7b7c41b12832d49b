import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { locateModels } from '#src/models/models-folders.js';
import { findModelFolder, listModels, readUsableModels } from '#src/models/stored-models.js';
import { filesBelow } from '../helpers/files-below.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const tinyModel = join(fixtures, 'tiny-model');

/** A folder with copies of the tiny model. */
async function store(...names: string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of names) await cp(tinyModel, join(folder, name), { recursive: true });
  return folder;
}

async function change(path: string, values: object): Promise<void> {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...values }));
}

describe('the list', () => {
  it('has the models of the package and the stored ones, with their properties', async () => {
    const stored = await store('owner--xl', 'owner--one', 'owner--two');
    await cp(join(tinyModel, 'text_encoder'), join(stored, 'owner--xl', 'text_encoder_2'), { recursive: true });
    await change(join(stored, 'owner--one', 'unet', 'config.json'), { cross_attention_dim: 768 });
    await change(join(stored, 'owner--two', 'unet', 'config.json'), { cross_attention_dim: 1024 });
    await writeFile(join(stored, 'owner--two', 'weights'), Buffer.alloc(1_000_000));
    const models = await listModels({ packaged: fixtures, stored });
    expect(models.map(({ name, source, family }) => [name, source, family])).toEqual([
      ['tiny-model', 'packaged', null],
      ['owner--one', 'stored', 'SD 1.x'],
      ['owner--two', 'stored', 'SD 2.x'],
      ['owner--xl', 'stored', 'SDXL'],
    ]);
    for (const model of models) expect(model).toMatchObject({ width: 32, height: 32, problem: null });
    expect(models[0]?.path).toBe(tinyModel);
    const files = await filesBelow(join(stored, 'owner--two'));
    expect(models[2]?.bytes).toBe(files.reduce((sum, [, bytes]) => sum + bytes.length, 0));
  });

  it('has unusable models with the reason; a host omits them', async () => {
    const stored = await store('broken', 'half', 'good');
    await writeFile(join(stored, 'broken', 'unet', 'config.json'), 'garbage');
    await rm(join(stored, 'half', 'model_index.json'));
    await writeFile(join(stored, 'a file'), '');
    const [broken, good, half, ...others] = await listModels({ packaged: join(stored, 'none'), stored });
    expect(others).toEqual([]);
    expect(broken).toMatchObject({ name: 'broken', width: null, problem: expect.stringMatching(/unet.config\.json/) });
    expect(good).toMatchObject({ name: 'good', width: 32, problem: null });
    expect(half).toMatchObject({ name: 'half', width: null, problem: expect.stringMatching(/pull it again/) });
    expect((await readUsableModels([stored])).map(({ name }) => name)).toEqual(['good']);
    await using host = createEmbeddedHost({ modelsFolders: [stored, fixtures] });
    expect((await host.describe()).models.map(({ name }) => name)).toEqual(['good', 'tiny-model']);
  });
});

describe('a model', () => {
  it('is found by the short name that it was pulled by', async () => {
    const stored = await store('stabilityai--sdxl-turbo');
    expect(await findModelFolder('sdxl-turbo', [fixtures, stored])).toBe(join(stored, 'stabilityai--sdxl-turbo'));
  });

  it.each(['owner/name', 'owner/name@fp16', 'sdxl'])(
    'of a repository that is missing or incomplete: the error says how to pull it: %s',
    async (name) => {
      const stored = await store('owner--name', 'owner--name@fp16');
      for (const half of ['owner--name', 'owner--name@fp16']) await rm(join(stored, half, 'model_index.json'));
      await expect(findModelFolder(name, [stored])).rejects.toMatchObject({
        code: 'usage',
        message: `There is no model "${name}"; give a model folder, or get it whole with "steps-animation models pull ${name}".`,
      });
    },
  );

  it('is found by the name of its folder, of its repository, or by its path', async () => {
    const stored = await store('owner--name@fp16', 'tiny-model');
    const folders = [fixtures, stored];
    expect(await findModelFolder('tiny-model', folders)).toBe(tinyModel);
    expect(await findModelFolder('tiny-model', [stored, fixtures])).toBe(join(stored, 'tiny-model'));
    for (const name of ['owner--name@fp16', 'owner/name@fp16', join(stored, 'owner--name@fp16')]) {
      expect(await findModelFolder(name, folders)).toBe(join(stored, 'owner--name@fp16'));
    }
  });

  it.each(['none', '', '..--x', '../..//x'])('that is unknown is refused, listing the known ones: %j', async (name) => {
    const stored = await store('owner--other');
    await expect(findModelFolder(name, [fixtures, stored])).rejects.toMatchObject({
      code: 'usage',
      message: `There is no model "${name}"; choose one of: tiny-model, owner--other, or give a model folder.`,
    });
  });
});

describe('the folder of the stored models', () => {
  function stub(values: Record<string, string | undefined>): void {
    for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  it('is what was given, or what the environment says', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'here'));
    stub({ STEPS_ANIMATION_MODELS: join(folder, 'there') });
    expect(locateModels(join(folder, 'here')).stored).toBe(join(folder, 'here'));
    expect(locateModels().stored).toBe(join(folder, 'there'));
  });

  it.runIf(process.platform === 'linux')('is in the cache folder by default', () => {
    stub({ STEPS_ANIMATION_MODELS: '', XDG_CACHE_HOME: '/a/cache' });
    expect(locateModels().stored).toBe('/a/cache/steps-animation/models');
    stub({ XDG_CACHE_HOME: undefined });
    expect(locateModels().stored).toBe(join(homedir(), '.cache/steps-animation/models'));
  });

  it('of the package holds its model', async () => {
    expect((await readUsableModels([locateModels().packaged])).map(({ name }) => name)).toContain('emoji');
  });
});
