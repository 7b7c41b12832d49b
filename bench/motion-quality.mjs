import { MotionInterpolator } from '../dist/motion/motion-interpolator.js';
import { hasFfmpeg, minterpolate } from './minterpolate.mjs';
import { psnr, sharpness, ssim } from './similarity.mjs';

/**
 * Leaves out every second picture of the sequences, interpolates it from its neighbours, and compares. For each sequence
 * and method: mean PSNR (dB), SSIM, and sharpness (gradient magnitude divided by that of the neighbours).
 */
export async function measureQuality(sequences) {
  const rows = [];
  for (const sequence of sequences) {
    const { name, kind, width, height, pictures } = sequence;
    const kept = pictures.filter((_, index) => index % 2 === 0).slice(0, Math.ceil(pictures.length / 2));
    const judged = (frames) => judge(frames, sequence, kept);
    const row = { name, kind, ours: judged(await ourMiddles(kept, width, height)), blend: judged(blends(kept)) };
    if (hasFfmpeg()) row.minterpolate = judged(theirMiddles(kept, width, height));
    rows.push(row);
    console.log(name, row);
  }
  return rows;
}

async function ourMiddles(kept, width, height) {
  const interpolator = await MotionInterpolator.open({ width, height, chroma: '420', depth: 8 });
  const frames = [];
  for (let i = 0; i + 1 < kept.length; i++) {
    await interpolator.setPair(kept[i], kept[i + 1]);
    const frame = new Uint8Array(kept[i].length);
    await interpolator.frame(0.5, frame);
    frames.push(frame);
  }
  await interpolator[Symbol.asyncDispose]();
  return frames;
}

/** The last picture is passed three times: minterpolate does not output its last intervals. */
function theirMiddles(kept, width, height) {
  const { frames } = minterpolate([...kept, kept.at(-1), kept.at(-1)], { width, height, rate: 1, fps: 2 });
  return kept.slice(1).map((_, index) => {
    const frame = frames.find(({ time }) => Math.abs(time - index - 0.5) < 0.01);
    if (!frame) throw new Error(`minterpolate made no frame between pictures ${index} and ${index + 1}`);
    return frame.planes;
  });
}

function blends(kept) {
  return kept.slice(1).map((b, index) => kept[index].map((value, at) => (value + b[at] + 1) >> 1));
}

function judge(frames, { width, height, pictures }, kept) {
  const mean = (measure) => frames.reduce((sum, frame, index) => sum + measure(frame, index), 0) / frames.length;
  return {
    psnr: mean((frame, index) => psnr(frame, pictures[2 * index + 1], width, height)),
    ssim: mean((frame, index) => ssim(frame, pictures[2 * index + 1], width, height)),
    sharpness: mean((frame, index) => {
      const neighbours = sharpness(kept[index], width, height) + sharpness(kept[index + 1], width, height);
      return sharpness(frame, width, height) / (neighbours / 2);
    }),
  };
}
