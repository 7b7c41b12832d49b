import { describe, expect, it } from 'vitest';
import { schedulers } from '#src/diffusion/schedulers/index.js';
import { withPngText } from '#src/infotext/png.js';
import { decodePicture, encodePicture, encodePng } from '#src/pictures/picture-files.js';
import { plain } from '../../helpers/pictures.js';
import { openSdapi } from './open-sdapi.js';

describe('lists', () => {
  it('lists samplers with aliases and options', async () => {
    const { get } = await openSdapi();
    const { body } = await get('/sdapi/v1/samplers');
    expect(body).toContainEqual({
      name: 'DPM2 a',
      aliases: expect.arrayContaining(['k_dpm_2_a']),
      options: { scheduler: 'karras', second_order: true, discard_next_to_last_sigma: true, uses_ensd: true },
    });
    expect(body).toContainEqual({ name: 'Euler', aliases: ['k_euler'], options: {} });
  });

  it('lists schedulers with their keys and labels', async () => {
    const { get } = await openSdapi();
    const { body } = await get('/sdapi/v1/schedulers');
    expect(body).toHaveLength(schedulers.length + 1);
    expect(body[0]).toMatchObject({ name: 'automatic', label: 'Automatic' });
    expect(body).toContainEqual({
      name: 'karras',
      label: 'Karras',
      aliases: null,
      default_rho: 7,
      need_inner_model: false,
    });
    expect(body).toContainEqual(
      expect.objectContaining({ name: 'sgm_uniform', label: 'SGM Uniform', need_inner_model: true }),
    );
  });

  it.each([
    'upscalers',
    'latent-upscale-modes',
    'embeddings',
    'prompt-styles',
    'memory',
    'cmd-flags',
    'loras',
    'sd-vae',
  ])('has %s', async (name) => {
    const { get } = await openSdapi();
    expect((await get(`/sdapi/v1/${name}`)).status).toBe(200);
  });

  it('answers the ping, refreshing and what is not there', async () => {
    const { get, post } = await openSdapi();
    expect(await get('/internal/ping')).toMatchObject({ status: 200, body: {} });
    expect(await post('/sdapi/v1/refresh-checkpoints')).toMatchObject({ status: 200, body: null });
    expect(await get('/sdapi/v1/nothing')).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
  });
});

describe('options', () => {
  it('can be changed, and count from then on', async () => {
    const { get, post, service } = await openSdapi();
    const changes = {
      sd_model_checkpoint: 'owner/other.safetensors [0123456789]',
      CLIP_stop_at_last_layers: 3,
      unheard_of: 1,
    };
    expect(await post('/sdapi/v1/options', changes)).toMatchObject({ status: 200, body: null });
    const { body } = await get('/sdapi/v1/options');
    expect(body).toMatchObject({
      sd_model_checkpoint: 'owner--other',
      CLIP_stop_at_last_layers: 3,
      samples_format: 'png',
    });
    expect(body).not.toHaveProperty('unheard_of');
    await post('/sdapi/v1/txt2img', {});
    expect(service.requests[0]?.generation).toMatchObject({ model: 'owner--other', clipSkip: 3 });
  });

  it('are refused where they cannot be', async () => {
    const { get, post } = await openSdapi();
    expect((await post('/sdapi/v1/options', { sd_model_checkpoint: 'v1-5' })).status).toBe(422);
    expect((await get('/sdapi/v1/options')).body.sd_model_checkpoint).toBe('emoji');
  });
});

describe('png-info', () => {
  const infotext = 'a cat\nNegative prompt: rain\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x256';
  const picture = plain(8, 8, 1, 2, 3);

  it.each(['png', 'jpg', 'webp'] as const)('reads %s', async (type) => {
    const { post } = await openSdapi();
    const bytes = Buffer.from(await encodePicture(picture, infotext, { type, quality: 90 }));
    const { body } = await post('/sdapi/v1/png-info', { image: bytes.toString('base64') });
    expect(body.info).toBe(infotext);
    expect(body.parameters).toMatchObject({
      ...{
        Prompt: 'a cat',
        'Negative prompt': 'rain',
        Steps: '20',
        'Size-1': '512',
        'Size-2': '256',
        'Clip skip': '1',
      },
    });
  });

  it('gives the texts of the file as items', async () => {
    const { post } = await openSdapi();
    const png = withPngText(await encodePng(picture, 'a cat\nSteps: 2, Seed: 1, CFG scale: 3', 1), 'Software', 'x');
    const { body } = await post('/sdapi/v1/png-info', { image: Buffer.from(png).toString('base64') });
    expect(body.items).toEqual({ parameters: 'a cat\nSteps: 2, Seed: 1, CFG scale: 3', Software: 'x' });
  });

  it('is empty for an image without infotext, and refuses other files', async () => {
    const { post } = await openSdapi();
    const bare = Buffer.from(await encodePng(picture, '', 1)).toString('base64');
    expect((await post('/sdapi/v1/png-info', { image: bare })).body).toMatchObject({ info: '', items: {} });
    expect((await post('/sdapi/v1/png-info', { image: 'AAAA' })).status).toBe(422);
  });
});

describe('extras', () => {
  const image = async () => Buffer.from(await encodePng(plain(8, 6, 1, 2, 3), '', 1)).toString('base64');
  const sizeOf = async (base64: string) => {
    const { width, height } = await decodePicture(Buffer.from(base64, 'base64'));
    return [width, height];
  };

  it.each([
    [{ upscaler_1: 'Lanczos', upscaling_resize: 2 }, [16, 12]],
    [{ upscaler_1: 'Lanczos', resize_mode: 1, upscaling_resize_w: 20, upscaling_resize_h: 20 }, [20, 20]],
    [
      { upscaler_1: 'Lanczos', resize_mode: 1, upscaling_resize_w: 16, upscaling_resize_h: 16, upscaling_crop: false },
      [16, 12],
    ],
    [{ upscaling_resize: 4 }, [8, 6]],
  ])('enlarge as asked: %j', async (request, size) => {
    const { post } = await openSdapi();
    const { body } = await post('/sdapi/v1/extra-single-image', { ...request, image: await image() });
    expect(await sizeOf(body.image)).toEqual(size);
    const imageList = [{ name: 'a', data: await image() }];
    const batch = await post('/sdapi/v1/extra-batch-images', { ...request, imageList });
    expect(await sizeOf(batch.body.images[0])).toEqual(size);
  });

  it('refuse other upscalers', async () => {
    const { post } = await openSdapi();
    const request = { upscaler_1: 'R-ESRGAN 4x+', image: await image() };
    expect((await post('/sdapi/v1/extra-single-image', request)).status).toBe(422);
  });
});
