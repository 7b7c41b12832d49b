import { describe, expect, it } from 'vitest';
import { tryCodecs } from '#dist/animation/codec-trial.js';
import { codecNameSchema } from '#dist/animation/codecs.js';

describe('codecs', () => {
  it('all work here', async () => {
    const trials = await tryCodecs();
    expect(trials.map(({ codec, works }) => [codec.name, works])).toEqual([['x264', true]]);
  });

  it('are found by their aliases in any case, and by nothing else', () => {
    expect(codecNameSchema.parse('H264')).toBe('x264');
    expect(() => codecNameSchema.parse('h266')).toThrow();
  });
});
