import type { Picture } from '#src/pictures/picture.js';

/** A message of the protocol of `record`, with the bytes that follow it. */
export function message(fields: Record<string, unknown>, bytes?: Uint8Array): Buffer {
  const line = `${JSON.stringify(bytes ? { ...fields, bytes: bytes.length } : fields)}\n`;
  return Buffer.concat([Buffer.from(line), bytes ?? Buffer.alloc(0)]);
}

export function start(
  steps: number,
  images: Record<string, unknown>[] = [{ seed: 42, prompt: 'a red apple' }],
): Buffer {
  return message({ type: 'start', version: 1, images, passes: [{ steps, exact: true }] });
}

export function rawStep(step: number, { width, height, data }: Picture, more: Record<string, unknown> = {}): Buffer {
  return message({ type: 'step', image: 0, step, picture: { format: 'rgb24', width, height }, ...more }, data);
}

export function rawImage({ width, height, data }: Picture, more: Record<string, unknown> = {}): Buffer {
  return message({ type: 'image', image: 0, picture: { format: 'rgb24', width, height }, ...more }, data);
}

export const end = message({ type: 'end' });
