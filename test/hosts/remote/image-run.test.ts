import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageEvents, type RunEnd, type RunEvent } from '#src/hosts/remote/image-run.js';
import { emerging } from '../../helpers/pictures.js';

const size = { width: 16, height: 8 };
const garbled = Buffer.from('no picture');

async function file(share: number): Promise<Buffer> {
  const { data, ...raw } = emerging(size.width, size.height, share);
  return await sharp(data, { raw: { ...raw, channels: 3 } })
    .png()
    .toBuffer();
}

/** Takes an image of these steps to its end, with every picture that can be read. */
async function tell(steps: readonly Buffer[], end: () => RunEnd) {
  async function* events(): AsyncGenerator<RunEvent, RunEnd, void> {
    for (const [index, step] of steps.entries()) yield { type: 'step', pass: 0, step: index + 1, file: step };
    return end();
  }
  const info = { batch: 0, position: 0, seed: 5, prompt: '', infotext: '', ...size };
  const told: string[] = [];
  let data: Buffer | undefined;
  try {
    for await (const event of imageEvents({ index: 0, info, events: events(), program: 'Painter', noSteps: '' })) {
      if (event.type === 'step') await event.picture('denoised').catch(() => {});
      told.push(event.type === 'image' ? `image ${event.reason}` : event.type);
      if (event.type === 'image') data = Buffer.from(event.picture.data);
    }
  } catch (error) {
    told.push(error instanceof Error ? error.message : String(error));
  }
  return { told, data };
}

const unreadable = expect.stringContaining('Painter sent a picture that cannot be read');

describe('a picture that cannot be read', () => {
  it('does not hide why the run failed, nor its end', async () => {
    const { told } = await tell([garbled], () => {
      throw new Error('out of memory');
    });
    expect(told).toEqual(['step', 'end', 'out of memory']);
  });

  it('is made up for by the last step, and told of', async () => {
    const { told, data } = await tell([await file(0.5)], () => ({ reason: 'finished', file: garbled }));
    expect(told).toEqual(['step', 'image interrupted', 'end', unreadable]);
    expect(data?.equals(emerging(size.width, size.height, 0.5).data)).toBe(true);
  });

  it('is passed over for a step before it', async () => {
    const { told, data } = await tell([await file(0.5), garbled], () => ({ reason: 'interrupted' }));
    expect(told).toEqual(['step', 'step', 'image interrupted', 'end', unreadable]);
    expect(data?.equals(emerging(size.width, size.height, 0.5).data)).toBe(true);
  });
});
