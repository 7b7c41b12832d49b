import { join } from 'node:path';
import sharp from 'sharp';
import { MotionInterpolator } from '../dist/motion/motion-interpolator.js';

const side = 512;
const tile = 150;
const gap = 4;
const weights = [0, 0.25, 0.5, 0.75, 1];

/** Draws docs/interpolation-strip.webp: frames between two pictures, in rows: not interpolated, blended, and ours. */
export async function drawStrip(denoising, synthetic) {
  const disc = synthetic.find(({ name }) => name.startsWith('a disc'));
  const steps = denoising.find(({ name }) => name.startsWith('Euler a') && name.includes('512'));
  const blocks = [
    await tilesOf([disc.pictures[1], disc.pictures[5]], { left: 110, top: 160, width: 190, height: 190 }),
    await tilesOf([steps.pictures[3], steps.pictures[6]], { left: 0, top: 0, width: side, height: side }),
  ];
  const rows = blocks.flat();
  const composites = rows.flatMap((row, y) =>
    row.map((input, x) => ({
      input,
      left: x * (tile + gap),
      top: y * (tile + gap) + (y >= 3 ? 3 * gap : 0),
    })),
  );
  const width = weights.length * (tile + gap) - gap;
  const height = rows.length * (tile + gap) + 2 * gap;
  await sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite(composites)
    .webp({ quality: 80 })
    .toFile(join(import.meta.dirname, '../docs/interpolation-strip.webp'));
}

async function tilesOf([a, b], crop) {
  const interpolator = await MotionInterpolator.open({ width: side, height: side, chroma: '420', depth: 8 });
  await interpolator.setPair(a, b);
  const rows = [[], [], []];
  for (const weight of weights) {
    const moved = new Uint8Array(a.length);
    await interpolator.frame(weight, moved);
    const faded = a.map((value, at) => Math.round(value * (1 - weight) + b[at] * weight));
    const frames = [weight < 0.5 ? a : b, faded, moved];
    for (const [index, frame] of frames.entries()) {
      const picture = sharp(toRgb(frame), { raw: { width: side, height: side, channels: 3 } });
      rows[index].push(await picture.extract(crop).resize(tile, tile).png().toBuffer());
    }
  }
  await interpolator[Symbol.asyncDispose]();
  return rows;
}

/** 4:2:0 planes, BT.709 in limited range, as packed RGB. */
function toRgb(planes) {
  const rgb = new Uint8ClampedArray(side * side * 3);
  const half = side / 2;
  for (let i = 0; i < side * side; i++) {
    const chroma = side * side + (i >> 10) * half + ((i & (side - 1)) >> 1);
    const luma = (planes[i] - 16) * 1.1644;
    const u = planes[chroma] - 128;
    const v = planes[chroma + half * half] - 128;
    rgb.set([luma + 1.7927 * v, luma - 0.2132 * u - 0.5329 * v, luma + 2.1124 * u], i * 3);
  }
  return rgb;
}
