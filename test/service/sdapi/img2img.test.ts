import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '#src/pictures/picture-files.js';
import { openSdapi } from './open-sdapi.js';

const img2img = '/sdapi/v1/img2img';
const colour = (width: number, height: number, background: { r: number; g: number; b: number; alpha?: number }) =>
  sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } })
    .png()
    .toBuffer();
const red = { r: 255, g: 0, b: 0 };
const white = { r: 255, g: 255, b: 255 };

async function startOf(body: object) {
  const { post, service } = await openSdapi();
  const { body: answer } = await post(img2img, body);
  expect(answer, JSON.stringify(answer)).toHaveProperty('info');
  const [request] = service.requests;
  if (request?.kind !== 'img2img') throw new Error('no img2img job');
  return request.start;
}

describe('a starting picture', () => {
  it('comes in base64, bare or as a data URL', async () => {
    const picture = await colour(10, 6, red);
    const base64 = picture.toString('base64');
    for (const encoded of [base64, `data:image/png;base64,${base64}`]) {
      expect((await startOf({ init_images: [encoded] })).picture).toEqual(picture);
    }
  });

  it('lies on white where it is transparent', async () => {
    const picture = await colour(4, 4, { ...red, alpha: 0 });
    const start = await startOf({ init_images: [picture.toString('base64')] });
    expect([...(await decodePicture(start.picture)).data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it.each([
    [0, 'stretch'],
    [1, 'crop'],
    [2, 'fill'],
    [3, 'stretch'],
  ])('is resized by mode %i as %s', async (resize_mode, resizeMode) => {
    const body = { init_images: [(await colour(4, 4, red)).toString('base64')], resize_mode, denoising_strength: 0.3 };
    expect(await startOf(body)).toMatchObject({ resizeMode, denoisingStrength: 0.3, maskBlur: 4 });
  });

  it('is echoed only on request', async () => {
    const { post } = await openSdapi();
    const init_images = [(await colour(4, 4, red)).toString('base64')];
    expect((await post(img2img, { init_images })).body.parameters.init_images).toBeNull();
    expect((await post(img2img, { init_images, include_init_images: true })).body.parameters).toMatchObject({
      init_images,
    });
  });

  it.each([
    [{}, 404, 'Init image not found'],
    [{ init_images: [] }, 404, 'Init image not found'],
    [{ init_images: ['http://127.0.0.1/x.png'] }, 422, expect.stringContaining('Requests not allowed')],
    [{ init_images: ['not base64 at all!'] }, 422, 'Invalid encoded image'],
    [{ init_images: ['AAAA'] }, 422, expect.stringContaining('not a readable picture')],
    [
      { init_images: [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')] },
      422,
      expect.stringContaining('not a readable picture'),
    ],
  ])('is refused: %j', async (body, status, detail) => {
    const { post, service } = await openSdapi();
    expect(await post(img2img, body)).toMatchObject({ status, body: { detail } });
    expect(service.requests).toEqual([]);
  });

  it('is refused by its header when it has too many pixels', async () => {
    const { post } = await openSdapi();
    const huge = await colour(4, 4, red);
    huge.writeUInt32BE(20_000, 16);
    huge.writeUInt32BE(20_000, 20);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    const { status, body } = await post(img2img, { init_images: [huge.toString('base64')] });
    expect(status).toBe(422);
    expect(body.detail).toContain('20000x20000');
  });
});

describe('a mask', () => {
  const pixelsOf = async (mask: Uint8Array | undefined) => {
    const { data, info } = await sharp(mask).greyscale().raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, values: new Set(data) };
  };

  it('gets the size of the picture, and can be inverted', async () => {
    const init_images = [(await colour(10, 6, red)).toString('base64')];
    const mask = (await colour(5, 5, white)).toString('base64');
    const start = await startOf({ init_images, mask, mask_blur: 7 });
    expect(start.maskBlur).toBe(7);
    expect(await pixelsOf(start.mask)).toEqual({ width: 10, height: 6, values: new Set([255]) });
    const inverted = await startOf({ init_images, mask, inpainting_mask_invert: 1 });
    expect((await pixelsOf(inverted.mask)).values).toEqual(new Set([0]));
  });

  it('with transparency repaints what is not transparent', async () => {
    const init_images = [(await colour(4, 4, red)).toString('base64')];
    const clear = (await colour(4, 4, { ...white, alpha: 0.2 })).toString('base64');
    const solid = (await colour(4, 4, { r: 0, g: 0, b: 0, alpha: 0.9 })).toString('base64');
    expect((await pixelsOf((await startOf({ init_images, mask: clear })).mask)).values).toEqual(new Set([0]));
    expect((await pixelsOf((await startOf({ init_images, mask: solid })).mask)).values).toEqual(new Set([255]));
  });
});
