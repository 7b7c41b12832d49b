import { afterAll, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { Content } from '#src/hosts/host.js';
import { coefficient } from '../../helpers/correlation.js';
import { generate } from '../generate.js';

const host = createEmbeddedHost();
afterAll(() => host[Symbol.asyncDispose]());

/** How much the pictures of a run's last ten steps, of twenty, are like the finished image: 1 for the same. */
async function likeness(sampler: string, content: Content): Promise<readonly number[]> {
  const request = { model: 'emoji', sampler, steps: 20, cfgScale: 3, width: 0, height: 0 };
  const { images, pictures } = await generate(host, request, { content });
  expect(pictures).toHaveLength(20);
  return pictures.slice(10).map((picture) => coefficient(picture.data, (images[0]?.picture ?? picture).data));
}

it.each(['Euler a', 'DPM++ 2M', 'DDIM'])(
  'the last half of 20 steps of %s is like the finished image',
  async (sampler) => {
    expect(Math.min(...(await likeness(sampler, 'denoised')))).toBeGreaterThan(0.9);
  },
);

it('would be seen to be noise if it were', async () => {
  expect(Math.min(...(await likeness('Euler a', 'noisy')))).toBeLessThan(0.9);
});
