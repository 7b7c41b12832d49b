import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAhead, paceByChange } from '#src/movie/look-ahead.js';
import { trialSettings } from '#src/movie/messages.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { plain } from '../helpers/pictures.js';

const size = { width: 8, height: 6 };
const greys = (...levels: number[]) =>
  levels.map((grey) => ({ type: 'picture', picture: plain(size.width, size.height, grey, grey, grey) }) as const);

describe('even pacing', () => {
  it('gives each change a share of the time', () => {
    expect(paceByChange([1, 3])).toEqual([0, 0.25, 1]);
    expect(paceByChange([0, 5, 0])).toEqual([0, 0, 1, 1]);
  });

  it('is linear where nothing changes', () => {
    expect(paceByChange([0, 0, 0, 0])).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(paceByChange([])).toEqual([0]);
  });

  it('never goes back, from 0 to exactly 1', () => {
    const changes = fc.array(fc.double({ min: 0, max: 255, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(changes, (values) => {
        const times = paceByChange(values);
        expect(times).toHaveLength(values.length + 1);
        expect([times[0], times.at(-1)]).toEqual([0, 1]);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('looking ahead', () => {
  it('measures how much the pictures change', async () => {
    const settings = trialSettings(animationOptionsSchema.parse({ pacing: 'even' }), size);
    expect(await lookAhead(settings, greys(0, 30, 120), {})).toEqual({ times: [0, 0.25, 1] });
    const withNoise = { ...settings, noiseDuration: 0.5 };
    expect(await lookAhead(withNoise, greys(200, 0, 30, 120), {})).toEqual({ times: [0, 0.25, 1] });
  });

  it('makes a palette for GIF from some pictures, the last one among them', async () => {
    const settings = trialSettings(animationOptionsSchema.parse({ codec: 'gif' }), size);
    const { palette = new Uint8Array(), times } = await lookAhead(settings, greys(...Array(99).fill(10), 200), {});
    expect(times).toBeUndefined();
    expect(palette).toHaveLength(256 * 4);
    const colours = Array.from({ length: 256 }, (_, index) => [...palette.subarray(index * 4, index * 4 + 4)]);
    expect(colours).toContainEqual([200, 200, 200, 255]);
  });

  it('reads nothing where it is not needed', async () => {
    const settings = trialSettings(animationOptionsSchema.parse({}), size);
    expect(await lookAhead(settings, [{ type: 'file', path: '/missing.png' }], {})).toEqual({});
  });
});
