import sharp from 'sharp';
import type { Picture } from '../../pictures/picture.js';

/** A preview as it is handed out; `version` rises with each new picture. */
export type Preview = { readonly version: number; readonly jpeg: Uint8Array };

/** The picture of a step: a file, or a rough one that is there at once, with the size that it stands for. */
type StepPicture = { readonly batch: number; readonly step: number } & (
  | { readonly path: string }
  | { readonly rough: () => Picture; readonly width: number; readonly height: number }
);

/** Pixels of the longer side. */
const largestSide = 512;
/** Milliseconds between two pictures. */
const pause = 200;
/** A decoded picture is shown while the rough ones are no more than so many steps ahead. */
const mostBehind = 2;
const quality = 80;

/** The newest picture of a run; made only when somebody asks, so that nobody slows the sampler for nothing. */
export class LivePreview {
  #version = 0;
  #newest: StepPicture | undefined;
  #made: { readonly at: number; readonly preview: Promise<Preview> } | undefined;

  get version(): number {
    return this.#version;
  }

  /** Offers the picture of a step. */
  offer(picture: StepPicture): void {
    if (this.#newest && isBetter(this.#newest, picture)) return;
    this.#newest = picture;
    this.#version++;
  }

  async get(): Promise<Preview | undefined> {
    const newest = this.#newest;
    if (!newest) return undefined;
    const made = this.#made;
    const now = performance.now();
    if (made && now - made.at < pause) return await made.preview;
    const version = this.#version;
    const preview = encode(newest).then((jpeg) => ({ version, jpeg }));
    this.#made = { at: now, preview };
    return await preview;
  }
}

function isBetter(shown: StepPicture, offered: StepPicture): boolean {
  if (shown.batch !== offered.batch) return shown.batch > offered.batch;
  if ('path' in offered) return offered.step < shown.step - mostBehind;
  return 'path' in shown && offered.step <= shown.step + mostBehind;
}

async function encode(picture: StepPicture): Promise<Uint8Array> {
  return await small(picture).jpeg({ quality }).toBuffer();
}

function small(picture: StepPicture) {
  if ('path' in picture) {
    return sharp(picture.path).resize(largestSide, largestSide, { fit: 'inside', withoutEnlargement: true });
  }
  const { width, height, data } = picture.rough();
  const scale = Math.min(1, largestSide / Math.max(picture.width, picture.height));
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  return sharp(data, { raw: { width, height, channels: 3 } }).resize(size[0], size[1], { fit: 'fill' });
}
