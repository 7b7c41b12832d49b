import { describe, expect, it } from 'vitest';
import { tryCodecs } from '#src/movie/codec-trial.js';
import { codecNameSchema, codecs } from '#src/options/codecs.js';

describe('codecs', () => {
  it('all work here', async () => {
    const trials = await tryCodecs();
    expect(trials.map(({ codec, works }) => [codec.name, works])).toEqual(
      Object.keys(codecs).map((name) => [name, true]),
    );
  });

  it('are found by their aliases in any case, and by nothing else', () => {
    const found = ['H264', 'h265', 'HEVC', 'vp9', 'av1', 'aom-av1', 'prores'].map((name) =>
      codecNameSchema.parse(name),
    );
    expect(found).toEqual(['x264', 'x265', 'x265', 'vpx-vp9', 'svt-av1', 'svt-av1', 'prores_ks']);
    expect(() => codecNameSchema.parse('h266')).toThrow();
  });
});
