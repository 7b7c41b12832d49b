/** In pixels. */
export type Size = { readonly width: number; readonly height: number };

export type Point = { readonly x: number; readonly y: number };

/** A change of a mask; a mask is the result of all its actions. */
export type MaskAction =
  | { readonly type: 'stroke'; readonly points: Point[]; readonly width: number; readonly erases: boolean }
  | { readonly type: 'clear' }
  | { readonly type: 'invert' }
  | { readonly type: 'picture'; readonly picture: CanvasImageSource };

/** Clears a canvas and repeats all actions. */
export function redraw(context: CanvasRenderingContext2D, actions: readonly MaskAction[], colour: string): void {
  clear(context);
  for (const action of actions) draw(context, action, colour);
}

export function draw(context: CanvasRenderingContext2D, action: MaskAction, colour: string): void {
  switch (action.type) {
    case 'stroke':
      drawStroke(context, action, colour);
      break;
    case 'clear':
      clear(context);
      break;
    case 'invert':
      context.globalCompositeOperation = 'xor';
      context.fillStyle = colour;
      context.fillRect(0, 0, context.canvas.width, context.canvas.height);
      break;
    case 'picture':
      clear(context);
      context.drawImage(action.picture, 0, 0);
  }
}

function clear(context: CanvasRenderingContext2D): void {
  context.globalCompositeOperation = 'source-over';
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

function drawStroke(
  context: CanvasRenderingContext2D,
  { points, width, erases }: Extract<MaskAction, { type: 'stroke' }>,
  colour: string,
): void {
  const [first, ...others] = points;
  if (!first) return;
  Object.assign(context, { lineWidth: width, lineCap: 'round', lineJoin: 'round', strokeStyle: colour });
  context.globalCompositeOperation = erases ? 'destination-out' : 'source-over';
  context.beginPath();
  context.moveTo(first.x, first.y);
  // A line back to its start draws a dot.
  for (const { x, y } of others.length > 0 ? others : [first]) context.lineTo(x, y);
  context.stroke();
}

/** The mask of a drawing as a PNG data URL: white where something was drawn, else black; undefined for no drawing. */
export function maskOf(drawn: HTMLCanvasElement): string | undefined {
  const { width, height } = drawn;
  const pixels = drawn.getContext('2d')?.getImageData(0, 0, width, height).data;
  if (!pixels?.some((value, i) => i % 4 === 3 && value > 0)) return undefined;
  const { canvas, context } = createCanvas({ width, height });
  context.drawImage(drawn, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  return canvas.toDataURL('image/png');
}

/** The drawing of a mask in one colour: opaque where the mask is white, and scaled to a size. */
export async function tintMask(mask: string, { width, height }: Size, colour: string): Promise<HTMLCanvasElement> {
  const image = new Image();
  image.src = mask;
  await image.decode();
  const { canvas, context } = createCanvas({ width, height });
  context.drawImage(image, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const light = ((data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 3;
    data[i + 3] = (light * (data[i + 3] ?? 0)) / 255;
  }
  context.putImageData(pixels, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  return canvas;
}

/** Reads a mask and scales it to a size. @throws Error if the file is not a picture, or all black */
export async function readMaskFile(file: File, size: Size): Promise<string> {
  const url = URL.createObjectURL(file);
  try {
    const drawing = await tintMask(url, size, 'white').catch(() => {
      throw new Error(`${file.name} is not a picture that this browser can read.`);
    });
    const mask = maskOf(drawing);
    if (mask === undefined) throw new Error(`${file.name} contains no white: white is what is regenerated.`);
    return mask;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function createCanvas({ width, height }: Size) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser cannot create a canvas context.');
  return { canvas, context };
}
