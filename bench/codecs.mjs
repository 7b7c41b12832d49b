import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codecs } from '../dist/animation/codecs.js';
import { median, round } from './statistics.mjs';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const duration = 30;

/** The `ffmpeg` command with the settings of the original script; the peer of each of our codecs that it had. */
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

/** Frames before encoding are kept without loss in the codec's own pixel format. */
const lossless = { yuv420p: 'x264', yuv422p10le: 'prores_ks' };

/**
 * Each codec with tuned and original settings beside `ffmpeg`, interleaved; all whole commands, 100 pictures to
 * 30 seconds of cross-fades. SSIM is each movie's against its own frames before encoding.
 */
export async function measureCodecs(work, { folder, count }, rounds, names = Object.keys(codecs)) {
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  if (!hasFfmpeg) console.log('There is no ffmpeg command here: no peers, no SSIM.');
  const ourFrames = join(work, 'our-frames.mp4');
  const theirFrames = join(work, 'their-frames.mkv');
  if (hasFfmpeg) {
    run(process.execPath, render(folder, lossless.yuv420p, 'preset=ultrafast,crf=0', ourFrames));
    run('ffmpeg', ffmpeg(folder, count, ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'], theirFrames));
  }
  const results = {};
  for (const name of names) {
    const { extension } = codecs[name];
    const movie = (kind) => join(work, `${name}-${kind}.${extension}`);
    const runs = { tuned: [], original: [], ffmpeg: [] };
    for (let index = 0; index < rounds; index++) {
      for (const kind of ['tuned', 'original']) {
        runs[kind].push(timed(process.execPath, render(folder, name, kind, movie(kind)), movie(kind)));
      }
      if (hasFfmpeg && peers[name]) {
        const pixels = ['-pix_fmt', codecs[name].pixelFormat];
        const parameters = ffmpeg(folder, count, [...peers[name], ...pixels], movie('ffmpeg'));
        runs.ffmpeg.push(timed('ffmpeg', parameters, movie('ffmpeg')));
      }
    }
    results[name] = {};
    for (const [kind, seconds] of Object.entries(runs)) {
      if (seconds.length === 0) continue;
      const frames = kind === 'ffmpeg' ? theirFrames : ourFrames;
      results[name][kind] = facts(movie(kind), seconds, hasFfmpeg ? frames : undefined);
    }
    console.log(name);
    console.table(results[name]);
  }
  return results;
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

function facts(path, seconds, frames) {
  const count = countFrames(path);
  const bytes = statSync(path).size;
  const medianSeconds = median(seconds);
  return {
    frames: count,
    seconds: round(medianSeconds),
    msPerFrame: round((medianSeconds / count) * 1000),
    bytes,
    bytesPerFrame: Math.round(bytes / count),
    ...(frames ? { ssim: compare(path, frames) } : {}),
  };
}

function countFrames(path) {
  const { stdout } = spawnSync(process.execPath, [command, 'info', path, '--json'], { encoding: 'utf8' });
  return JSON.parse(stdout).frames;
}

/** Mean SSIM of luma and of all planes, frame by frame. */
function compare(path, frames) {
  const graph = '[0:v]format=yuv420p,setpts=N/30/TB[a];[1:v]format=yuv420p,setpts=N/30/TB[b];[a][b]ssim';
  const { stderr } = spawnSync('ffmpeg', ['-i', path, '-i', frames, '-lavfi', graph, '-f', 'null', '-'], {
    encoding: 'utf8',
  });
  const [, luma, all] = /SSIM Y:([\d.]+).*All:([\d.]+)/.exec(stderr) ?? [];
  return { luma: Number(luma), all: Number(all) };
}
