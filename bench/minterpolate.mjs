import { spawnSync } from 'node:child_process';

export function hasFfmpeg() {
  return spawnSync('ffmpeg', ['-version']).status === 0;
}

/**
 * Interpolates pictures (8-bit 4:2:0 planes) of `rate` pictures per second to `fps` frames per second with FFmpeg's
 * minterpolate and its defaults. Returns the times (seconds) and planes of the frames, and how many seconds it took.
 */
export function minterpolate(pictures, { width, height, rate, fps }) {
  const begun = performance.now();
  const filter = `minterpolate=fps=${fps}:mi_mode=mci,showinfo`;
  const { status, stdout, stderr } = spawnSync(
    'ffmpeg',
    [
      ...[
        '-hide_banner',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'yuv420p',
        '-s',
        `${width}x${height}`,
        '-framerate',
        String(rate),
      ],
      ...['-i', 'pipe:0', '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
    ],
    { input: Buffer.concat(pictures), maxBuffer: 2 ** 31 },
  );
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${stderr}`);
  const bytes = (width * height * 3) / 2;
  const times = [...String(stderr).matchAll(/pts_time:([\d.]+)/g)].map((match) => Number(match[1]));
  const frames = times.map((time, index) => ({ time, planes: stdout.subarray(index * bytes, (index + 1) * bytes) }));
  return { frames, seconds: (performance.now() - begun) / 1000 };
}
