import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PictureSources } from '../dist/app/picture-sources.js';
import { writeMovie } from '../dist/movie/movie-file.js';
import { animationOptionsSchema } from '../dist/options/animation-options.js';
import { codecs } from '../dist/options/codecs.js';
import { median, round } from './statistics.mjs';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const duration = 30;

/** Peers: the `ffmpeg` command with the settings of the original script, for the codecs that it had. */
const peers = {
  x264: ['-c:v', 'libx264', '-preset', 'medium', '-crf', '23', '-movflags', '+faststart'],
  x265: ['-c:v', 'libx265', '-preset', 'faster', '-crf', '28', '-tag:v', 'hvc1', '-movflags', '+faststart'],
  'vpx-vp9': [
    ...['-c:v', 'libvpx-vp9', '-crf', '34', '-b:v', '0', '-deadline', 'realtime', '-cpu-used', '4'],
    ...['-row-mt', '1'],
  ],
  'svt-av1': [
    ...['-c:v', 'libaom-av1', '-crf', '28', '-usage', 'realtime', '-cpu-used', '8', '-row-mt', '1'],
    ...['-movflags', '+faststart'],
  ],
  prores_ks: ['-c:v', 'prores_ks', '-profile:v', '3', '-vendor', 'apl0', '-bits_per_mb', '8000'],
};

/**
 * Measures each codec with tuned and original settings beside `ffmpeg`, interleaved, as whole commands: 100 pictures to 30
 * seconds of cross-fades. SSIM is that of each movie against its own frames before encoding.
 */
export async function measureCodecs(work, { folder, count }, rounds, names = Object.keys(codecs)) {
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  if (!hasFfmpeg) console.log('There is no ffmpeg command: no peers, no SSIM.');
  const results = {};
  for (const name of names) {
    const { extension, pixelFormat } = codecs[name];
    const movie = (kind) => join(work, `${name}-${kind}.${extension}`);
    const pixels = ['-pix_fmt', pixelFormat];
    const runs = { tuned: [], original: [], ffmpeg: [] };
    const { tuned, original } = codecs[name];
    const kinds = JSON.stringify(tuned) === JSON.stringify(original) ? ['tuned'] : ['tuned', 'original'];
    // Without a peer there is nothing to compare with: once is enough.
    for (let index = 0; index < (peers[name] ? rounds : 1); index++) {
      for (const kind of kinds) {
        runs[kind].push(timed(process.execPath, render(folder, name, kind, movie(kind))));
      }
      if (hasFfmpeg && peers[name]) {
        runs.ffmpeg.push(timed('ffmpeg', ffmpeg(folder, count, [...peers[name], ...pixels], movie('ffmpeg'))));
      }
    }
    results[name] = {};
    for (const [kind, seconds] of Object.entries(runs)) {
      if (seconds.length === 0) continue;
      const frames = join(work, 'frames.mkv');
      if (kind === 'ffmpeg') run('ffmpeg', ffmpeg(folder, count, ['-c:v', 'ffv1', ...pixels], frames));
      else if (hasFfmpeg) await writeFrames(folder, name, frames);
      results[name][kind] = measured(movie(kind), seconds);
      if (hasFfmpeg) results[name][kind].ssim = compare(movie(kind), frames, pixelFormat);
    }
    console.log(name);
    console.table(results[name]);
  }
  return results;
}

/** Writes our frames losslessly in the codec's pixel format. */
async function writeFrames(folder, name, path) {
  rmSync(path, { force: true });
  const { maxFps, pixelFormat } = codecs[name];
  const container = { container: 'matroska', containerOptions: {}, extension: 'mkv' };
  const lossless = { encoder: 'ffv1', original: {}, tuned: {}, threadsPerCore: 1, copiesFrames: false, tag: undefined };
  codecs.frames = {
    ...codecs[name],
    ...container,
    ...lossless,
    pixelFormat: pixelFormat.startsWith('yuv') ? pixelFormat : 'bgra',
  };
  await withResource(await PictureSources.find([folder]), async ({ sequences: [{ pictures, width, height }] }) => {
    const options = animationOptionsSchema.parse({ duration, fps: Math.min(30, maxFps ?? 30) });
    const settings = { ...options, codec: 'frames', width, height, sources: pictures.length, tags: {}, sideBySide: 1 };
    await writeMovie({ folder: dirname(path), stem: 'frames' }, settings, pictures);
  });
  delete codecs.frames;
}

async function withResource(resource, work) {
  try {
    await work(resource);
  } finally {
    await resource[Symbol.asyncDispose]();
  }
}

function render(folder, codec, settings, output) {
  rmSync(output, { force: true });
  const options = ['--duration', String(duration), '--encoder-settings', settings, '--output', output];
  return [command, 'render', folder, '--codec', codec, ...options];
}

function ffmpeg(folder, count, encoder, output) {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-y', '-framerate', `${count}/${duration}`],
    ...['-i', join(folder, '%07d.png'), '-r', '30', '-vf', 'minterpolate=mi_mode=blend', ...encoder, output],
  ];
}

function run(program, parameters) {
  const { status, stderr } = spawnSync(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${status}: ${stderr}`);
}

function timed(program, parameters) {
  const begun = performance.now();
  run(program, parameters);
  return (performance.now() - begun) / 1000;
}

function measured(path, seconds) {
  const { frames } = JSON.parse(
    spawnSync(process.execPath, [command, 'info', path, '--json'], { encoding: 'utf8' }).stdout,
  );
  const { size: bytes } = statSync(path);
  const medianSeconds = median(seconds);
  return {
    frames,
    seconds: round(medianSeconds),
    msPerFrame: round((medianSeconds / frames) * 1000),
    bytes,
    bytesPerFrame: Math.round(bytes / frames),
  };
}

/** Mean SSIM of luma, frame by frame. FFmpeg 5 cannot read animated WebP: it is left out. */
function compare(path, frames, pixelFormat) {
  const format = pixelFormat.startsWith('yuv') ? pixelFormat : 'yuv444p';
  const graph = `[0:v]format=${format},setpts=N/30/TB[a];[1:v]format=${format},setpts=N/30/TB[b];[a][b]ssim`;
  const parameters = ['-i', path, '-i', frames, '-lavfi', graph, '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', parameters, { encoding: 'utf8' });
  const [, luma] = /SSIM Y:([\d.]+)/.exec(stderr) ?? [];
  return luma === undefined ? null : Number(luma);
}
