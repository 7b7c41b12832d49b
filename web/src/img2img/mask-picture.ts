import type { Size } from './picture-size.js';

/** White where something was drawn, on black, as a PNG data URL; undefined where nothing was. */
export function maskOf(drawn: HTMLCanvasElement): string | undefined {
  const { width, height } = drawn;
  const pixels = drawn.getContext('2d')?.getImageData(0, 0, width, height).data;
  if (!pixels?.some((value, i) => i % 4 === 3 && value > 0)) return undefined;
  const { canvas, context } = canvasOf({ width, height });
  context.drawImage(drawn, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  return canvas.toDataURL('image/png');
}

/** A mask as it is drawn: opaque where it is white, in the size of the picture. */
export async function drawingOf(mask: string, { width, height }: Size, ink: string): Promise<HTMLCanvasElement> {
  const image = new Image();
  image.src = mask;
  await image.decode();
  const { canvas, context } = canvasOf({ width, height });
  context.drawImage(image, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const light = ((data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 3;
    data[i + 3] = (light * (data[i + 3] ?? 0)) / 255;
  }
  context.putImageData(pixels, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = ink;
  context.fillRect(0, 0, width, height);
  return canvas;
}

/** The mask in a file, in the size of the picture. @throws Error when it is no picture or wholly black */
export async function maskOfFile(file: File, size: Size): Promise<string> {
  const url = URL.createObjectURL(file);
  try {
    const drawing = await drawingOf(url, size, 'white').catch(() => {
      throw new Error(`${file.name} is no picture that the browser can read.`);
    });
    const mask = maskOf(drawing);
    if (mask === undefined) throw new Error(`${file.name} has nothing white: white is what is painted anew.`);
    return mask;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function canvasOf({ width, height }: Size) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser cannot draw.');
  return { canvas, context };
}
