import { describe, expect, it } from 'vitest';
import { tryCodecs } from '#src/movie/movie-file.js';
import { codecNameOf, codecNameSchema, codecs, encoderOptionsOf, encoderSettingsSchema } from '#src/options/codecs.js';

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

  it('are found by the names that FFmpeg gives to what is in their files', () => {
    const names = ['h264', 'hevc', 'vp9', 'av1', 'prores', 'gif', 'webp_anim', 'apng'].map(codecNameOf);
    expect(names).toEqual(Object.keys(codecs));
    expect(codecNameOf('mpeg4')).toBeUndefined();
  });
});

const optionsOf = (settings: string) => encoderOptionsOf(codecs.x264, encoderSettingsSchema.parse(settings));

describe('encoder settings', () => {
  it('are the tuned or the original ones, with others over them', () => {
    expect(optionsOf('tuned')).toEqual(codecs.x264.tuned);
    expect(optionsOf('original')).toEqual({ preset: 'medium', crf: '23' });
    expect(optionsOf('original,crf=18')).toEqual({ preset: 'medium', crf: '18' });
    expect(optionsOf('crf=18,x264-params=keyint=30:scenecut=0')).toEqual({
      ...codecs.x264.tuned,
      crf: '18',
      'x264-params': 'keyint=30:scenecut=0',
    });
  });

  it('give the frames of holds more bits, unless they are the original ones', () => {
    const holds = [
      { first: 0, last: 9 },
      { first: 40, last: 49 },
    ];
    const zones = (settings: string) => encoderOptionsOf(codecs.x264, settings, holds)['x264-params'];
    expect(zones('tuned')).toBe('zones=0,9,b=4/40,49,b=4');
    expect(zones('crf=18,x264-params=keyint=30')).toBe('keyint=30:zones=0,9,b=4/40,49,b=4');
    expect(zones('original,crf=18')).toBeUndefined();
  });

  it('leave the quality to one setting', () => {
    expect(optionsOf('original,qp=0')).toEqual({ preset: 'medium', qp: '0' });
  });

  it.each(['', 'best', 'crf', 'crf=1,', 'tuned original', 'tuned,'])('refuse %j', (settings) => {
    expect(() => encoderSettingsSchema.parse(settings)).toThrow(/must be/);
  });
});
