import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const python = process.env.STEPS_ANIMATION_PYTHON;
if (!python) {
  console.warn('Set STEPS_ANIMATION_PYTHON to a Python with diffusers, torchsde and transformers to test with them.');
}

type Facts = Readonly<Record<string, unknown>> & { readonly name: string };

const samplers = [
  ...['PNDM', 'Euler', 'Euler, v', 'Euler a', 'Heun', 'DPM2', 'DPM2 a', 'LMS', 'DPM++ SDE', 'DPM++ 2M Karras'],
  ...['DPM++ 2M, v', 'DPM++ 2M SDE', 'DPM++ 2S', 'DEIS', 'SA-Solver', 'UniPC', 'DDIM', 'DDIM, v', 'DDPM', 'LCM', 'TCD'],
];
const pipelines = [
  ...['img2img', 'img2img, DPM2', 'inpaint', 'SDXL', 'SDXL in float16', 'SDXL, latents'],
  ...['Flux', 'Flux, latents', 'SD 3', 'SD 3, Heun', 'SD 3, DPM++ 2M'],
];

describe.skipIf(!python)('pipelines of diffusers', () => {
  let folder: string;
  const seen = new Map<string, Facts>();

  /** Runs a script once for all of its tests: loading PyTorch takes longer than most runs. */
  async function runAll(script: string): Promise<void> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(python ?? '', ['-B', '-W', 'ignore', path, join(folder, script)]);
    const told = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode] = await once(child, 'close');
    const [stdout, stderr] = await told;
    for (const line of stdout.split('\n').filter((each) => each.startsWith('{'))) {
      const facts: Facts = JSON.parse(line);
      seen.set(facts.name, facts);
    }
    expect(exitCode, stderr).toBe(0);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steps-animation-diffusers-'));
    await runAll('diffusers_runs.py');
    await runAll('diffusers_faults.py');
    await runAll('diffusers_pictures.py');
  }, 1_800_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([...samplers, ...pipelines, 'batch', 'NumPy', 'tensors'])(
    '%s: each step once and in order, the same image as without',
    (name) => {
      const facts = seen.get(name);
      const images = name === 'batch' ? 4 : 1;
      expect(facts).toMatchObject({
        ...{ steps: [1, 2, 3, 4, 5, 6], noted: 6, same: true, sameRandom: true, restored: true, trouble: [] },
        ...{ images, frames: Array(images).fill(6), seeds: Array(images).fill(42), lastFrame: 0 },
      });
      // float16 keeps 11 bits of each number. Otherwise a step that stood for its neighbour would be seen.
      const isHalf = name.includes('float16');
      expect(facts?.error).toBeLessThan(isHalf ? 1e-3 : Math.min(1e-4, Number(facts?.leastChange) / 20));
      expect(facts?.worstFrame).toBeLessThanOrEqual(1);
    },
  );

  it('names movies by seed and prompt', () => {
    expect(seen.get('Euler')?.files).toEqual(['42-a red apple.png']);
    expect(seen.get('batch')?.files).toEqual(['42-a cat-1.png', '42-a cat.png', '42-a dog-1.png', '42-a dog.png']);
  });

  const whole = { frames: [6], steps: [6], trouble: [], restored: true };
  const begun = { frames: [4], steps: [4], trouble: [], restored: true };
  const rescued = [...[1, 2, 3, 4, 5, 6].map((step) => `0-000000${step}.png`), 'finished.png'];

  it.each([
    ['error', { raised: true, ...begun }],
    ['Ctrl-C', { raised: true, ...begun }],
    ['interrupt flag', { lastFrame: 0, ...begun }],
    ['refused call', { raised: expect.stringContaining('divisible by 8'), images: 1, ...whole }],
    [
      'record killed',
      { same: true, rescued, frames: [], trouble: [expect.stringContaining('steps-animation render')] },
    ],
    ['no command', { rescued, frames: [], trouble: [expect.stringContaining('STEPS_ANIMATION')] }],
    ['broken decoder', { same: true, frames: [1], trouble: ['OutOfMemoryError: out of memory'], restored: true }],
    ['nested', { refusal: expect.stringContaining('already animated'), ...whole }],
    ['on demand', { before: 0, again: 2, lastFrames: [0, 0], ...whole, frames: [6, 6], steps: [6, 6] }],
    ['during', { same: true, lastFrame: 0, ...whole }],
    // A VAE of random weights shows something else than the finished image, which comes by a cross-fade of 12 frames.
    ['during, tiny', { same: true, lastFrame: 0, ...whole, frames: [18] }],
    ['during, upcast', { refusal: expect.stringContaining('tiny') }],
    ['copied scheduler', { same: true, ...whole }],
    ['other scheduler within', { ...whole, frames: [6, 6], steps: [6, 6] }],
    ['noisy', whole],
  ])('%s: the generation goes its way, and what there is becomes a movie', (name, expected) => {
    expect(seen.get(name)).toMatchObject(expected);
  });

  it.each(['20 steps of Euler', '20 steps of DPM++ 2M', '20 steps of DDIM'])(
    '%s: the last half is like the finished image, and not noise',
    (name) => {
      const { likeness, trouble } = seen.get(name) as Facts & { readonly likeness: readonly number[] };
      expect(trouble).toEqual([]);
      expect(likeness).toHaveLength(20);
      expect(Math.min(...likeness.slice(10))).toBeGreaterThan(0.9);
    },
  );

  it('would see noise if it were there', () => {
    const { likeness } = seen.get('20 noisy steps of Euler') as Facts & { readonly likeness: readonly number[] };
    expect(Math.min(...likeness.slice(10))).toBeLessThan(0.9);
  });

  it('shows the steps of inpainting "only masked" in the whole picture', () => {
    expect(seen.get('masked crop')).toMatchObject({
      ...{ sizes: [[192, 128]], frames: 6, lastFrame: 0, outside: 0, sameSteps: 0, same: true, trouble: [] },
    });
    expect(seen.get('masked crop')?.inside).toBeGreaterThan(0);
  });

  it.each([
    ['saved batch', [6, 6], ['42-a cat.png', '42-a dog.png']],
    ['saved SD 3', [6], ['42.png']],
  ])('%s: the movie of a file of latents is that of the run', (name, frames, names) => {
    const expected = { frames: [frames, frames], names: [names, names], worst: 0, trouble: [] };
    expect(seen.get(name)).toMatchObject(expected);
  });
});
