import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { checkAnimationOptions } from '#src/options/check-animation-options.js';
import { describeOptions } from '#src/options/describe-options.js';
import { isOfLooks, type LookName, lookNames, looks, withLook } from '#src/options/looks.js';

describe('looks', () => {
  it('are complete, and have values that the options take', () => {
    for (const name of lookNames) {
      const options = checkAnimationOptions({ look: name });
      expect(options).toMatchObject({ look: name, ...looks[name].options });
      expect(Object.keys(looks[name].options).toSorted()).toEqual(Object.keys(looks.reveal.options).toSorted());
    }
  });

  it('reveal is the one of requests that name none, and classic has the defaults of the original script', () => {
    expect(checkAnimationOptions({})).toEqual({
      ...animationOptionsSchema.parse({}),
      look: 'reveal',
      ...looks.reveal.options,
    });
    expect(checkAnimationOptions({ look: 'classic' })).toEqual(animationOptionsSchema.parse({}));
    expect(animationOptionsSchema.parse({})).toMatchObject({
      ...{ interpolation: 'blend', duration: 10, fps: 30, pacing: 'linear', loop: 'none', noiseDuration: 0 },
      ...{ firstFrameDuration: 0, lastFrameDuration: 0, size: 'auto', minSize: 0 },
    });
  });

  it.each(lookNames)('%s: what is given comes on top of it, and stays when it is checked again', (look: LookName) => {
    const given = { look, duration: 3.5, noiseDuration: 0, codec: 'gif', every: undefined };
    const options = checkAnimationOptions(given);
    expect(options).toMatchObject({
      ...looks[look].options,
      look,
      duration: 3.5,
      noiseDuration: 0,
      codec: 'gif',
      every: 1,
    });
    expect(checkAnimationOptions(options)).toEqual(options);
  });

  it('are refused by their names if there is no such look', () => {
    for (const look of ['pretty', '__proto__', 'toString', 7]) {
      expect(() => checkAnimationOptions({ look })).toThrow(/^look must be one of reveal, classic, loop, .*, not /u);
    }
    expect(() => checkAnimationOptions(null)).toThrow();
  });

  it('are of another kind for clients of the web UIs, which expect the original', () => {
    expect(withLook({ duration: 4 }, 'classic')).toMatchObject({ look: 'classic', pacing: 'linear', duration: 4 });
    expect(withLook({ look: 'loop' }, 'classic')).toMatchObject({ look: 'loop', loop: 'boomerang' });
  });

  it('say of each option whether it has a default of its own', () => {
    const shown = describeOptions(animationOptionsSchema);
    expect(
      shown
        .filter(({ isOfLook }) => isOfLook)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(looks.classic.options).toSorted());
    expect(shown.find(({ name }) => name === 'look')).toMatchObject({ default: 'reveal', choices: lookNames });
    expect(isOfLooks('codec')).toBe(false);
  });
});
