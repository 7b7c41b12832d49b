// Measures interpolation by motion beside FFmpeg's minterpolate, and writes docs/interpolation.md with what the section
// `smooth` of run.mjs has measured.
// `node bench/motion.mjs` runs everything, `node bench/motion.mjs quality strip` only these parts; --frames 60 shortens
// `time`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureQuality } from './motion-quality.mjs';
import { writeMotionReport } from './motion-report.mjs';
import { denoisingSequences, syntheticSequences } from './motion-sequences.mjs';
import { drawStrip } from './motion-strip.mjs';
import { measureSizes, measureTime } from './motion-time.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { frames: { type: 'string', default: '900' }, rounds: { type: 'string', default: '1' } },
});
const parts = positionals.length > 0 ? positionals : ['quality', 'strip', 'sizes', 'time'];
const results = join(import.meta.dirname, 'results');
const work = join(results, 'work', 'motion');
const file = join(results, 'motion.json');
mkdirSync(work, { recursive: true });

const figures = readFigures(file);
figures.machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version };
const denoising = await denoisingSequences(work);
const synthetic = syntheticSequences();
if (parts.includes('quality')) figures.quality = await measureQuality([...denoising, ...synthetic]);
if (parts.includes('strip')) await drawStrip(denoising, synthetic);
if (parts.includes('sizes')) figures.sizes = await measureSizes(synthetic);
if (parts.includes('time')) {
  figures.time = await measureTime({ work, synthetic, frames: Number(values.frames), rounds: Number(values.rounds) });
}
figures.date = new Date().toISOString();
writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
writeMotionReport(figures, readFigures(join(results, 'latest.json')).smooth);
rmSync(work, { recursive: true, force: true });

function readFigures(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
