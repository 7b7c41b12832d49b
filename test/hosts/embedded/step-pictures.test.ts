import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Latent } from '#src/diffusion/latent.js';
import type { DecoderKind } from '#src/diffusion/step-decoder.js';
import { type Decoders, StepPictures } from '#src/hosts/embedded/step-pictures.js';

const latents = [0, 1, 2].map((value): Latent => ({ shape: [1, 1, 1, 1], data: new Float32Array([value]) }));
const colours = { factors: [[0, 0, 0]], bias: [0, 0, 0] };

/** Decoders that count what they decode and take so many milliseconds each. */
function means(costs: Readonly<Record<DecoderKind, number>>, hasTiny: boolean) {
  const decoded: string[] = [];
  const decode = async (latent: Latent, kind: DecoderKind = 'full') => {
    decoded.push(`${kind} ${latent.data[0]}`);
    return { picture: { width: 1, height: 1, data: new Uint8Array(3) }, milliseconds: costs[kind] };
  };
  const all: Decoders = {
    ...{ decoder: { decode }, hasTiny, colours, inference: { idle: async () => {} } },
    ...{ device: 'cpu', steps: 20 },
  };
  return { decoded, all };
}

it.each([
  ['a cheap decoder', { full: 10, tiny: 1 }, false, ['full 0', 'full 1', 'full 2']],
  ['a tiny one', { full: 1_000_000, tiny: 1 }, true, ['full 0', 'tiny 0', 'tiny 1', 'tiny 2']],
  ['colours alone', { full: 1_000_000, tiny: 1_000_000 }, true, ['full 0', 'tiny 0']],
])('with auto, what was decoded to measure %s is not decoded again', async (_, costs, hasTiny, expected) => {
  const { decoded, all } = means(costs, hasTiny);
  const pictures = new StepPictures('auto', all);
  pictures.addStepTime(100);
  await Promise.all(latents.map((latent) => pictures.picture(latent)));
  expect(decoded.toSorted()).toEqual(expected.toSorted());
});

it.each([
  [20, availableParallelism() > 2],
  [2000, true],
])('steps of %i ms become pictures while others are sampled: %s', async (milliseconds, isBeside) => {
  const { all } = means({ full: 10, tiny: 1 }, false);
  const order: string[] = [];
  const idle = async () => {
    await setImmediate();
    order.push('sampled');
  };
  const pictures = new StepPictures('cheap', { ...all, inference: { idle } });
  pictures.addStepTime(milliseconds);
  await pictures.picture(latents[0] ?? { shape: [1, 1, 1, 1], data: new Float32Array(1) });
  order.push('picture');
  expect(order).toEqual(isBeside ? ['picture'] : ['sampled', 'picture']);
});
