import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { allocateFrameMemory } from '../dist/movie/kernels/frame-memory.js';

// A sequence: { name, kind, width, height, pictures }, the pictures being 8-bit planes Y, U, V with 4:2:0 chroma.

const command = join(import.meta.dirname, '../dist/cli/main.js');

/** The thresholds of the interpolation were tuned on the first three; the others are held out to test them. */
const variations = [
  { sampler: 'Euler', scheduler: 'Automatic', prompt: 'a red apple', seed: 42 },
  { sampler: 'Euler a', scheduler: 'Automatic', prompt: 'a red apple', seed: 42 },
  { sampler: 'Euler', scheduler: 'Karras', prompt: 'a red apple', seed: 42 },
  { sampler: 'DPM++ 2M', scheduler: 'Karras', prompt: 'a cat', seed: 7, isHeldOut: true },
  { sampler: 'DPM++ SDE', scheduler: 'Karras', prompt: 'a house', seed: 1234, isHeldOut: true },
  { sampler: 'DDIM', scheduler: 'Automatic', prompt: 'a slice of pizza', seed: 99, isHeldOut: true },
];

/** The denoised steps of our own engine, in its own size and enlarged to 512×512. */
export async function denoisingSequences(work) {
  const sequences = [];
  for (const { sampler, scheduler, prompt, seed, isHeldOut } of variations) {
    const name = `${sampler}, ${scheduler}${isHeldOut ? ', held out' : ''}`;
    const folder = join(work, name.replaceAll(/\W+/g, '-'));
    const settings = ['--sampler', sampler, '--scheduler', scheduler, '--steps', '30', '--seed', String(seed)];
    const { status } = spawnSync(process.execPath, [
      ...[
        command,
        'txt2img',
        prompt,
        '--preview',
        'full',
        '--no-create-animation',
        '--no-delete-intermediate',
        ...settings,
      ],
      ...['--outdir', folder],
    ]);
    if (status !== 0) throw new Error(`txt2img with ${name} ended with ${status}`);
    const steps = join(folder, 'txt2img-images/intermediate');
    const names = (await readdir(steps)).filter((name) => name.endsWith('.png'));
    const files = names.sort().map((file) => join(steps, file));
    for (const size of [128, 512]) {
      const pictures = await Promise.all(files.map((file) => readPlanes(file, size)));
      sequences.push({ name: `${name}, ${size}×${size}`, kind: 'denoising', width: size, height: size, pictures });
    }
  }
  return sequences;
}

/** A picture file as planes, enlarged to a square of `size` pixels. */
export async function readPlanes(file, size) {
  const resized = sharp(file).resize(size, size, { kernel: 'lanczos3' }).removeAlpha();
  const rgb = await resized.raw().toBuffer();
  const { kernels, buffers } = allocateFrameMemory([size * size * 3, (size * size * 3) / 2]);
  buffers[0].bytes.set(rgb);
  kernels.rgbToYuv420(buffers[0].address, buffers[1].address, size, size);
  return buffers[1].bytes.slice();
}

const side = 512;
/** Samples of the scene for one pixel; the scene is larger than what is seen of it. */
const sceneScale = 2;
const sceneSide = 2048;

/** Movements of a detailed scene, of which every picture is drawn for itself; steps are in pixels or degrees. */
export function syntheticSequences(count = 9) {
  const scene = drawScene(1);
  const object = drawScene(2);
  const sequences = [];
  const add = (name, place) => {
    const pictures = Array.from({ length: count }, (_, step) => drawPicture(scene, place(step - (count - 1) / 2)));
    sequences.push({ name, kind: 'synthetic', width: side, height: side, pictures });
  };
  for (const step of [1, 2, 4, 8, 16]) add(`pan, ${step} pixels per step`, (n) => pan(n * step, 27));
  add('pan, 4 pixels per step, level', (n) => pan(n * 4, 0));
  for (const percent of [1, 3]) add(`zoom, ${percent} % per step`, (n) => turn(1 + (n * percent) / 100, 0));
  for (const degrees of [0.5, 2]) add(`rotation, ${degrees}° per step`, (n) => turn(1, n * degrees));
  const pictures = Array.from({ length: count }, (_, step) => {
    const n = step - (count - 1) / 2;
    return drawPicture(scene, pan(n * 2, 160), object, n * 6);
  });
  sequences.push({ name: 'a disc in front of a background', kind: 'synthetic', width: side, height: side, pictures });
  return sequences;
}

const radians = (degrees) => (degrees * Math.PI) / 180;
const pan = (distance, degrees) => (x, y) => [
  x - distance * Math.cos(radians(degrees)),
  y - distance * Math.sin(radians(degrees)),
];
const turn = (zoom, degrees) => (x, y) => {
  const [cosine, sine] = [Math.cos(radians(degrees)) / zoom, Math.sin(radians(degrees)) / zoom];
  return [x * cosine - y * sine, x * sine + y * cosine];
};

/** A picture of what `place` (centre-based pixels to centre-based pixels of the scene) shows, 3×3 samples a pixel. */
function drawPicture(scene, place, object, objectX = 0) {
  const planes = new Uint8Array((side * side * 3) / 2).fill(128);
  const samples = 3;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let i = 0; i < samples * samples; i++) {
        const px = x + ((i % samples) + 0.5) / samples - side / 2;
        const py = y + (Math.floor(i / samples) + 0.5) / samples - side / 2;
        const isObject = object && (px - objectX) ** 2 + py ** 2 < 110 ** 2;
        sum += isObject ? sampleScene(object, px - objectX, py) : sampleScene(scene, ...place(px, py));
      }
      planes[y * side + x] = sum / samples ** 2 + 0.5;
    }
  }
  return planes;
}

function sampleScene(scene, x, y) {
  const u = x * sceneScale + sceneSide / 2;
  const v = y * sceneScale + sceneSide / 2;
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const at = top * sceneSide + left;
  const upper = scene[at] + (scene[at + 1] - scene[at]) * (u - left);
  const lower = scene[at + sceneSide] + (scene[at + sceneSide + 1] - scene[at + sceneSide]) * (u - left);
  return upper + (lower - upper) * (v - top);
}

/** A scene like a photograph in its statistics: noise of every scale, and discs and bars with hard edges. */
function drawScene(seed) {
  const random = numbersFrom(seed);
  const scene = new Float32Array(sceneSide * sceneSide).fill(120);
  for (let cell = 256, strength = 40; cell >= 4; cell /= 2, strength *= 0.7) addNoise(scene, cell, strength, random);
  for (let i = 0; i < 900; i++) {
    const [x, y, size] = [random() * sceneSide, random() * sceneSide, 4 + 60 * random() ** 3];
    const [value, flat] = [random() * 200 + 20, random() < 0.5 ? 1 : 0.15];
    fillEllipse(scene, x, y, size, size * flat, value);
  }
  return scene.map((value) => Math.min(Math.max(value, 16), 235));
}

function addNoise(scene, cell, strength, random) {
  const columns = sceneSide / cell + 2;
  const grid = Float32Array.from({ length: columns * columns }, () => (random() - 0.5) * 2 * strength);
  for (let y = 0; y < sceneSide; y++) {
    for (let x = 0; x < sceneSide; x++) {
      const [column, row] = [Math.floor(x / cell), Math.floor(y / cell)];
      const [s, t] = [x / cell - column, y / cell - row].map((part) => part * part * (3 - 2 * part));
      const at = row * columns + column;
      const upper = grid[at] + (grid[at + 1] - grid[at]) * s;
      const lower = grid[at + columns] + (grid[at + columns + 1] - grid[at + columns]) * s;
      scene[y * sceneSide + x] += upper + (lower - upper) * t;
    }
  }
}

function fillEllipse(scene, x, y, width, height, value) {
  for (let row = Math.max(Math.ceil(y - height), 0); row <= Math.min(y + height, sceneSide - 1); row++) {
    const half = width * Math.sqrt(Math.max(1 - ((row - y) / height) ** 2, 0));
    for (let column = Math.max(Math.ceil(x - half), 0); column <= Math.min(x + half, sceneSide - 1); column++) {
      const at = row * sceneSide + column;
      scene[at] = 0.3 * scene[at] + 0.7 * value;
    }
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32, public domain). */
function numbersFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
