import type { Picture } from '#src/pictures/picture.js';

/** A picture of one colour. */
export function plain(width: number, height: number, red: number, green: number, blue: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([red, green, blue], i);
  return { width, height, data };
}

/** Something with edges and gradients that becomes clear as `progress` goes from 0 to 1. */
export function emerging(width: number, height: number, progress: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (Math.min(width, height) / 3) ** 2;
      const clear = inside ? [220, 40, 60] : [(x * 255) / width, (y * 255) / height, 160];
      clear.forEach((value, channel) => {
        data[(y * width + x) * 3 + channel] = 128 + (value - 128) * progress;
      });
    }
  }
  return { width, height, data };
}
