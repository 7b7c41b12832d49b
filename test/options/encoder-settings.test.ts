import { describe, expect, it } from 'vitest';
import { codecs } from '#src/options/codecs.js';
import { encoderOptionsOf, encoderSettingsSchema } from '#src/options/encoder-settings.js';

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

  it('leave the quality to one setting', () => {
    expect(optionsOf('original,qp=0')).toEqual({ preset: 'medium', qp: '0' });
  });

  it.each(['', 'best', 'crf', 'crf=1,', 'tuned original', 'tuned,'])('refuse %j', (settings) => {
    expect(() => encoderSettingsSchema.parse(settings)).toThrow(/must be/);
  });
});
