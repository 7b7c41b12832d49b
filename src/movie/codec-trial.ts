import { unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { temporaryPath } from '../files/whole-files.js';
import { type CodecRow, codecRow, codecs } from '../options/codecs.js';
import { messageOf } from '../util/error-message.js';
import { FrameComposer } from './frame-composer.js';
import type { MovieSettings } from './movie-settings.js';

export type CodecTrial = {
  readonly codec: CodecRow;
  readonly works: boolean;
  /** why it does not work */
  readonly message?: string;
};

/**
 * Encodes two pictures with these settings and throws the result away.
 * @throws StepsAnimationError saying what the codec refuses
 */
export async function tryCodec(settings: MovieSettings): Promise<void> {
  const { width, height } = settings;
  const path = temporaryPath(tmpdir());
  try {
    const black = { width, height, data: new Uint8Array(width * height * 3) };
    const short = { sources: 2, duration: 2 / settings.fps, firstFrameDuration: 0, lastFrameDuration: 0 };
    const palette = codecRow(settings.codec).extension === 'gif' ? { palette: new Uint8Array(256 * 4).fill(255) } : {};
    await using composer = await FrameComposer.open(path, { ...settings, ...short, loop: 'none' }, palette);
    await composer.add(black);
    await composer.add(black);
    await composer.close();
  } finally {
    await unlink(path).catch(() => {});
  }
}

/** Tries every codec of the table here and now. */
export async function tryCodecs(): Promise<CodecTrial[]> {
  const trials: CodecTrial[] = [];
  for (const codec of Object.values(codecs)) {
    const settings: MovieSettings = {
      codec: codec.name,
      width: 64,
      height: 64,
      fps: 30,
      duration: 1,
      ...{ interpolation: 'blend', loop: 'none', pacing: 'linear', encoderSettings: 'tuned' },
      ...{ firstFrameDuration: 0, lastFrameDuration: 0, sources: 2, tags: {}, sideBySide: 1 },
    };
    try {
      await tryCodec(settings);
      trials.push({ codec, works: true });
    } catch (error) {
      trials.push({ codec, works: false, message: messageOf(error) });
    }
  }
  return trials;
}
