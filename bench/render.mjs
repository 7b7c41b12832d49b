import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { probeMovie } from '../dist/animation/probe.js';
import { median, round } from './statistics.mjs';

const duration = 30;
const command = join(import.meta.dirname, '../dist/cli/main.js');

/** `steps-animation render` and the `ffmpeg` command with minterpolate, interleaved, whole commands. */
export async function measureRender(work, { folder, count }, rounds) {
  const ours = join(work, 'ours.mp4');
  const theirs = join(work, 'ffmpeg.mp4');
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  if (!hasFfmpeg) console.log('There is no ffmpeg command here: ours is measured alone.');
  const seconds = { ours: [], ffmpeg: [] };
  for (let index = 0; index < rounds; index++) {
    seconds.ours.push(
      timed(process.execPath, [command, 'render', folder, '--duration', String(duration), '--output', ours], ours),
    );
    if (hasFfmpeg) seconds.ffmpeg.push(timed('ffmpeg', ffmpegArguments(folder, count, theirs), theirs));
  }
  const result = { ours: { ...(await facts(ours, seconds.ours)), seconds: seconds.ours.map((value) => round(value)) } };
  if (hasFfmpeg) {
    result.ffmpeg = { ...(await facts(theirs, seconds.ffmpeg)), seconds: seconds.ffmpeg.map((value) => round(value)) };
    result.ratioOfWallTime = round(result.ours.medianSeconds / result.ffmpeg.medianSeconds);
    result.ratioPerFrame = round(result.ours.millisecondsPerFrame / result.ffmpeg.millisecondsPerFrame);
    result.ffmpegSeconds = result.ffmpeg.medianSeconds;
  }
  console.log(
    `\nrender: ${count} pictures of 512×512 to ${duration} s, blend, libx264 medium crf 23 (medians of ${rounds})`,
  );
  console.table({
    'steps-animation': row(result.ours),
    ...(hasFfmpeg ? { 'ffmpeg minterpolate': row(result.ffmpeg) } : {}),
  });
  if (hasFfmpeg) console.log(`wall time ${result.ratioOfWallTime} of ffmpeg's, ${result.ratioPerFrame} a frame`);
  return result;
}

function timed(program, parameters, output) {
  rmSync(output, { force: true });
  const begun = performance.now();
  const { status, stderr } = spawnSync(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return (performance.now() - begun) / 1000;
}

/** The classic way, as the original Steps Animation script did it. */
function ffmpegArguments(folder, count, output) {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-framerate', `${count}/${duration}`, '-i', join(folder, '%07d.png')],
    ...['-r', '30', '-vf', 'minterpolate=mi_mode=blend', '-vcodec', 'libx264', '-preset', 'medium', '-crf', '23'],
    ...['-pix_fmt', 'yuv420p', '-movflags', '+faststart', output],
  ];
}

async function facts(path, seconds) {
  const { frames, duration: length } = await probeMovie(path);
  const medianSeconds = median(seconds);
  return {
    frames,
    duration: round(length),
    medianSeconds: round(medianSeconds),
    millisecondsPerFrame: round((medianSeconds / frames) * 1000),
  };
}

function row({ frames, duration: length, medianSeconds, millisecondsPerFrame }) {
  return { frames, 'movie (s)': length, 'wall time (s)': medianSeconds, 'a frame (ms)': millisecondsPerFrame };
}
