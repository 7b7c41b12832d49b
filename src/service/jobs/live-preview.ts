import sharp from 'sharp';
import type { Picture } from '../../pictures/picture.js';

/** `version` increases with each new picture. */
export type Preview = { readonly version: number; readonly jpeg: Uint8Array };

/** The picture of a step: a file, or a rough picture that is available at once, with the size of the image. */
type StepPicture = { readonly batch: number; readonly step: number } & (
  | { readonly path: string }
  | { readonly rough: () => Picture; readonly width: number; readonly height: number }
);

/** Pixels of the longer side. */
const maxSide = 512;
/** Minimum time between two pictures; requests in between get the same one. */
const intervalMs = 200;
/** A decoded picture is preferred while rough ones are at most this many steps ahead of it. */
const maxStepsBehind = 2;
const jpegQuality = 80;

/** The newest picture of a run, encoded only on request, so that it costs the sampler nothing otherwise. */
export class LivePreview {
  #version = 0;
  #newest: StepPicture | undefined;
  #encoded: { readonly atMs: number; readonly preview: Promise<Preview> } | undefined;

  get version(): number {
    return this.#version;
  }

  /** Takes the picture of a step if it is better than the present one. */
  offer(picture: StepPicture): void {
    if (this.#newest && isBetter(this.#newest, picture)) return;
    this.#newest = picture;
    this.#version++;
  }

  async get(): Promise<Preview | undefined> {
    const newest = this.#newest;
    if (!newest) return undefined;
    const nowMs = performance.now();
    if (this.#encoded && nowMs - this.#encoded.atMs < intervalMs) return await this.#encoded.preview;
    const version = this.#version;
    const preview = encode(newest).then((jpeg) => ({ version, jpeg }));
    this.#encoded = { atMs: nowMs, preview };
    return await preview;
  }
}

function isBetter(shown: StepPicture, offered: StepPicture): boolean {
  if (shown.batch !== offered.batch) return shown.batch > offered.batch;
  if ('path' in offered) return offered.step < shown.step - maxStepsBehind;
  return 'path' in shown && offered.step <= shown.step + maxStepsBehind;
}

async function encode(picture: StepPicture): Promise<Uint8Array> {
  return await resized(picture).jpeg({ quality: jpegQuality }).toBuffer();
}

function resized(picture: StepPicture) {
  if ('path' in picture) {
    return sharp(picture.path).resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true });
  }
  const { width, height, data } = picture.rough();
  const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height));
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  return sharp(data, { raw: { width, height, channels: 3 } }).resize(size[0], size[1], { fit: 'fill' });
}
