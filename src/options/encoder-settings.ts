import { z } from 'zod';
import type { CodecRow } from './codecs.js';

/** `tuned`, `original`, or `key=value` pairs, which may follow one of the two and go over it. */
const shape = /^(?:tuned|original|[\w-]+=[^,]*)(?:,[\w-]+=[^,]*)*$/;

/** Accepts `tuned`, `original`, `crf=18,preset=slow` or `original,crf=18`. */
export const encoderSettingsSchema = z
  .string()
  .regex(shape, { error: 'must be tuned, original, or settings such as crf=18,preset=slow' });

/** Settings that decide the quality instead of `crf`. */
const rateControls = ['qp', 'b', 'q', 'global_quality', 'cq-level', 'lossless'];

/** What an encoder is opened with: a codec's own settings and those that go over them, by FFmpeg's names. */
export function encoderOptionsOf(codec: CodecRow, settings: string): Record<string, string> {
  const [first = '', ...others] = settings.split(',');
  const { crf, ...base } = first === 'original' ? codec.original : codec.tuned;
  const own = Object.fromEntries((first.includes('=') ? [first, ...others] : others).map(pairOf));
  const decidesQuality = rateControls.some((name) => name in own);
  return { ...base, ...(crf === undefined || decidesQuality ? {} : { crf }), ...own };
}

function pairOf(text: string): [string, string] {
  const equals = text.indexOf('=');
  return [text.slice(0, equals), text.slice(equals + 1)];
}
