import type { Values } from '../form/form-store.js';

/** What an example needs to know of a look. */
type Look = {
  readonly noise: number;
  readonly hold: number;
  readonly isLoop: boolean;
  readonly isLinear: boolean;
  readonly isFlipbook: boolean;
  readonly isBlurred: boolean;
  readonly size: string;
};

function lookOf(options: Values): Look {
  return {
    noise: Math.min(Number(options.noiseDuration ?? 0), 0.4),
    hold: Math.min(Number(options.lastFrameDuration ?? 0), 0.8),
    isLoop: options.loop === 'boomerang',
    isLinear: options.pacing === 'linear',
    isFlipbook: options.interpolation === 'none',
    isBlurred: options.fit === 'blur',
    size: String(options.size ?? 'auto'),
  };
}

/** Seconds of an example between its holds. */
const bodySeconds = 2;

/** Seconds of the example of a look. */
export function lengthOf(options: Values): number {
  const { noise, hold } = lookOf(options);
  return noise + bodySeconds + hold;
}

/** Draws what a movie of a look shows at a time, from the pictures of the steps. */
export function drawLook(
  context: CanvasRenderingContext2D,
  options: Values,
  frames: readonly CanvasImageSource[],
  seconds: number,
): void {
  const look = lookOf(options);
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  const position = positionAt(look, frames.length, seconds % lengthOf(options));
  const [columns, rows] = sidesOf(look.size);
  const box = columns === undefined || rows === undefined ? { width, height } : fitted(width, height, columns / rows);
  const x = (width - box.width) / 2;
  const y = (height - box.height) / 2;
  context.save();
  context.beginPath();
  context.roundRect(x, y, box.width, box.height, 6);
  context.clip();
  const from = frames[Math.floor(position)];
  const to = frames[Math.ceil(position)];
  const draw = (draws: (picture: CanvasImageSource) => void) => {
    if (from) draws(from);
    context.globalAlpha = position % 1;
    if (to && position % 1 > 0) draws(to);
    context.globalAlpha = 1;
  };
  const square = (side: number) => (picture: CanvasImageSource) =>
    context.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side);
  if (look.isBlurred && columns !== undefined) {
    // Enlarged so far that it is as good as blurred, and darker.
    draw(square(Math.max(box.width, box.height) * 2.2));
    context.fillStyle = '#0008';
    context.fillRect(x, y, box.width, box.height);
    draw(square(Math.min(box.width, box.height)));
  } else draw(square(Math.max(box.width, box.height)));
  context.restore();
  if (look.isFlipbook) drawNumber(context, Math.round(position) + 1);
}

/** The step that is shown, with its fraction: 4.5 is halfway between the steps 4 and 5, from 0. */
function positionAt(look: Look, count: number, seconds: number): number {
  const last = Math.max(count - 1, 0);
  const passed = Math.min(Math.max((seconds - look.noise) / bodySeconds, 0), 1);
  const way = look.isLoop ? Math.abs(1 - 2 * passed) : passed;
  // Early steps change most, so that even pacing gives them most of the time.
  const share = look.isLinear ? way : 1 - (1 - way) ** 0.6;
  const position = share * last;
  return look.isFlipbook ? Math.round(position) : position;
}

function sidesOf(size: string): (number | undefined)[] {
  return size.includes('x') ? size.split('x').map(Number) : [];
}

function fitted(width: number, height: number, aspect: number) {
  return aspect < width / height ? { width: height * aspect, height } : { width, height: width / aspect };
}

/** The number of a step in a corner, as it stands by itself. */
function drawNumber(context: CanvasRenderingContext2D, step: number): void {
  const { width, height } = context.canvas;
  context.fillStyle = '#0b090dd0';
  context.beginPath();
  context.roundRect(width - 54, height - 38, 48, 32, 8);
  context.fill();
  context.fillStyle = '#fff';
  context.font = '600 24px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(step), width - 30, height - 21);
}
