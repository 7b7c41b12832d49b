import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '#src/pictures/picture-files.js';
import { correlation } from '../../helpers/correlation.js';
import { decodeMovie } from '../../helpers/movies.js';
import { ComfyuiProcess, comfyuiFolder, type Ended, type Workflow } from './comfyui-process.js';
import { animated, customParts, imagesBy, samplers, secondPass } from './comfyui-workflows.js';
import { readManifest } from './forge-process.js';

if (!comfyuiFolder)
  console.warn('STEPS_ANIMATION_COMFYUI names no checkout of ComfyUI: the nodes are not tested in it.');

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const watched = ['watch', 0];

describe.skipIf(!comfyuiFolder)('the nodes in ComfyUI', { timeout: 300_000 }, () => {
  let comfyui: ComfyuiProcess;
  let movies: string;
  let seed = 100;

  beforeAll(async () => {
    comfyui = await ComfyuiProcess.start(await mkdtemp(join(tmpdir(), 'steps-animation-test-')));
    movies = join(comfyui.base, 'output', 'steps-animation');
  }, 600_000);
  afterAll(async () => {
    await comfyui?.[Symbol.asyncDispose]();
    if (comfyui) await rm(comfyui.base, { recursive: true });
  });
  afterEach(() => rm(join(comfyui.base, 'output'), { recursive: true, force: true }));

  /** The files of a node that shows any. */
  const filesOf = ({ outputs }: Ended, node: string) => (outputs[node]?.images ?? []).map((file) => comfyui.path(file));

  /** What was kept of the only run: each image's steps as `pass:step`, and their files. */
  async function kept() {
    const folder = join(movies, 'intermediate');
    const names = await readdir(folder);
    const { images } = await readManifest(join(folder, names.find((name) => name.endsWith('.json')) ?? ''));
    return images.map((image) => ({
      ...image,
      places: image.steps.map(({ pass, step }) => `${pass}:${step}`),
      files: image.steps.map(({ file }) => join(folder, file)),
    }));
  }

  /** A workflow that is in no cache. */
  const anew = (changes: Workflow = {}, options = {}): Workflow => ({
    ...imagesBy(samplers.KSampler(watched, { seed: seed++ })),
    ...animated(options),
    ...changes,
  });

  it.each(['KSampler', 'KSamplerAdvanced', 'SamplerCustom'] as const)(
    'see every step of %s once and in order, and change no pixel',
    async (name) => {
      const alone = await comfyui.run({ ...imagesBy(samplers[name](['model', 0]), 2), ...customParts });
      const ours = { ...imagesBy(samplers[name](watched), 2), ...customParts, ...animated() };
      const done = await comfyui.run(ours);
      expect(done.status.status_str).toBe('success');
      expect(done.outputs.movie?.text).toEqual([]);
      const [before, after] = [filesOf(alone, 'saved'), filesOf(done, 'saved')];
      expect(after).toHaveLength(2);
      expect(await Promise.all(after.map(readPicture))).toEqual(await Promise.all(before.map(readPicture)));
      const images = await kept();
      expect(images.map(({ places }) => places)).toEqual(Array(2).fill(upTo(6).map((step) => `base:${step}`)));

      const paths = filesOf(done, 'movie');
      expect(paths).toEqual([5, 6].map((seed) => join(movies, `${seed}-a red apple.mp4`)));
      for (const [index, path] of paths.entries()) {
        const frames = await decodeMovie(path);
        expect(frames).toHaveLength(30);
        expect(await correlation(frames.at(-1) ?? '', after[index] ?? '')).toBeGreaterThan(0.9);
      }
    },
  );

  // Colours are estimated with limits, beyond which the latents of an untrained model often are.
  it.each([
    [true, 0.9],
    [false, 0.8],
  ])('show what is becoming the image, with a VAE: %s', async (hasVae, least) => {
    const { movie, ...others } = anew({ sampler: samplers.KSampler(watched, { seed: seed++, steps: 20 }) });
    const { vae, ...inputs } = movie?.inputs ?? {};
    const done = await comfyui.run({
      ...others,
      movie: { class_type: 'StepsAnimationSave', inputs: hasVae ? { ...inputs, vae } : inputs },
    });
    const [finished = ''] = filesOf(done, 'saved');
    const [image] = await kept();
    const likeness = await Promise.all((image?.files ?? []).map((file) => correlation(file, finished)));
    expect(likeness).toHaveLength(20);
    expect(Math.min(...likeness.slice(10))).toBeGreaterThan(least);
  });

  it('show what the sampler works on, where that is asked for', async () => {
    const done = await comfyui.run(anew({ ...animated({}, { content: 'noisy' }) }));
    expect(done.outputs.movie?.text).toEqual([]);
    const [finished = ''] = filesOf(done, 'saved');
    const [image] = await kept();
    expect(image?.places).toHaveLength(6);
    expect(await correlation(image?.files[0] ?? '', finished)).toBeLessThan(0.9);
  });

  it('keep a first pass that ComfyUI has in its cache', async () => {
    const both = ['base:1', 'base:2', 'base:3', 'base:4', 'base:5', 'base:6', 'hires:7', 'hires:8', 'hires:9'];
    const workflow = anew(secondPass());
    await comfyui.run(workflow);
    expect((await kept())[0]?.places).toEqual(both);
    await rm(movies, { recursive: true });
    const again = await comfyui.run({ ...workflow, ...secondPass({ seed: seed++ }) });
    const cached = again.status.messages.find(([name]) => name === 'execution_cached');
    expect(cached?.[1].nodes).toContain('sampler');
    expect((await kept())[0]?.places).toEqual(both);
  });

  it('make a movie on demand, without sampling again', async () => {
    const workflow = anew({}, { decode: 'on demand' });
    expect(filesOf(await comfyui.run(workflow), 'movie')).toEqual([]);
    const done = await comfyui.run({ ...workflow, ...animated() });
    expect(done.status.messages.find(([name]) => name === 'execution_cached')?.[1].nodes).toContain('sampler');
    expect(filesOf(done, 'movie')).toHaveLength(1);
    expect((await kept())[0]?.places).toHaveLength(6);
  });

  it('give one step as an image, from the run itself and from the latents that it saved', async () => {
    const workflow = anew({}, { save_latents: true });
    const step = { vae: ['model', 2], step: 4, sampling: 1 };
    const one = (steps: unknown, more = {}) => ({
      step: { class_type: 'StepsAnimationStep', inputs: { ...step, steps, ...more } },
      shown: { class_type: 'SaveImage', inputs: { images: ['step', 0], filename_prefix: 'step' } },
    });
    const live = await comfyui.run({ ...workflow, ...one(['watch', 1], { images: ['images', 0] }) });
    const [ofRun = ''] = filesOf(live, 'shown');
    const [fourth = ''] = (await kept())[0]?.files.slice(3) ?? [];
    expect(await readPicture(ofRun)).toEqual(await readPicture(fourth));
    const [file = ''] = (await readdir(join(movies, 'intermediate'))).filter((name) => name.endsWith('.safetensors'));
    const load = { class_type: 'StepsAnimationLoad', inputs: { file } };
    const loaded = await comfyui.run({ model: workflow.model ?? load, load, ...one(['load', 0]) });
    const [ofFile = ''] = filesOf(loaded, 'shown');
    expect(await readPicture(ofFile)).toEqual(await readPicture(fourth));
  });

  /** Waits until there is a `record`. */
  async function recordOf(): Promise<number> {
    for (;;) {
      const [record] = comfyui.records();
      if (record !== undefined) return record;
      await wait(20);
    }
  }

  const long = { duration: 120, interpolation: 'mci', codec: 'svt-av1' };

  it('save the steps and say what to do when record is killed', async () => {
    const id = await comfyui.submit(anew({}, long));
    process.kill(await recordOf(), 'SIGKILL');
    const done = await comfyui.ended(id);
    expect(done.status.status_str).toBe('success');
    expect(filesOf(done, 'saved')).toHaveLength(1);
    expect(done.outputs.movie?.text).toEqual([expect.stringContaining('steps-animation render "')]);
    const [folder = ''] = (await readdir(join(movies, 'intermediate'))).filter((name) => name.startsWith('steps-'));
    expect(await readdir(join(movies, 'intermediate', folder, 'image-0'))).toHaveLength(7);
  });

  it('let ComfyUI stop while the movie is made, and leave nothing at work', async () => {
    const id = await comfyui.submit(anew({}, long));
    await recordOf();
    await comfyui.interrupt();
    const { status } = await comfyui.ended(id);
    expect(status.messages.map(([name]) => name)).toContain('execution_interrupted');
    expect(comfyui.records()).toEqual([]);
    expect((await comfyui.run(anew())).status.status_str).toBe('success');
  });

  it('never fail a prompt for options that cannot be', async () => {
    const done = await comfyui.run(anew({}, { more: `--folder ${join(comfyui.base, 'elsewhere')}` }));
    expect(done.status.status_str).toBe('success');
    expect(done.outputs.movie?.text).toEqual([expect.stringContaining('--folder is not an option')]);
    expect(await readdir(comfyui.base)).not.toContain('elsewhere');
  });
});
