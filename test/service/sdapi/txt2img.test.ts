import { describe, expect, it } from 'vitest';
import { readPngText } from '#src/infotext/png.js';
import { openSdapi } from './open-sdapi.js';

const txt2img = '/sdapi/v1/txt2img';

describe('an answer', () => {
  it('has the images in base64 with their infotexts, the request, and the info as JSON text', async () => {
    const { post } = await openSdapi();
    const { status, body } = await post(txt2img, { prompt: 'a cat', seed: 7, n_iter: 2 });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['images', 'parameters', 'info']);
    const texts = body.images.map((image: string) => readPngText(Buffer.from(image, 'base64'), 'parameters'));
    expect(texts).toEqual([expect.stringContaining('Seed: 7'), expect.stringContaining('Seed: 8')]);
    expect(body.parameters).toMatchObject({
      prompt: 'a cat',
      steps: 50,
      cfg_scale: 7,
      sampler_index: 'Euler',
      width: 16,
    });
    expect(JSON.parse(body.info)).toMatchObject({
      ...{ prompt: 'a cat', all_prompts: ['a cat', 'a cat'], seed: 7, all_seeds: [7, 8], width: 16, height: 8 },
      ...{ sampler_name: 'Euler', cfg_scale: 7, steps: 50, clip_skip: 1, index_of_first_image: 0 },
      infotexts: texts,
      animations: [],
    });
  });

  it('has no images where they are not wanted', async () => {
    const { post } = await openSdapi();
    const { body } = await post(txt2img, { send_images: false });
    expect(body.images).toEqual([]);
    expect(JSON.parse(body.info).all_seeds).toHaveLength(1);
  });

  it('reports which fields of the request had no effect', async () => {
    const { post } = await openSdapi();
    const wanted = { tiling: true, restore_faces: false, styles: ['oil'], hr_prompt: '', refiner_checkpoint: 'fine' };
    expect(JSON.parse((await post(txt2img, wanted)).body.info).ignored).toEqual([
      'styles',
      'tiling',
      'refiner_checkpoint',
    ]);
    expect(JSON.parse((await post(txt2img, {})).body.info).ignored).toEqual([]);
  });

  it('is the error of a job that failed', async () => {
    const { post, service } = await openSdapi({ atOnce: false });
    const answer = post(txt2img, {});
    await service.submitted(1);
    await service.finish(service.current()?.id ?? '', 'failed', 'There is too little memory.');
    expect(await answer).toMatchObject({
      status: 500,
      body: { error: 'RuntimeError', detail: 'There is too little memory.' },
    });
  });
});

describe('a request', () => {
  const generationOf = async (body: object) => {
    const { post, service } = await openSdapi();
    const { status, body: answer } = await post(txt2img, body);
    expect(answer, JSON.stringify(answer)).toHaveProperty('info');
    expect(status).toBe(200);
    return service.requests[0]?.generation;
  };

  it('takes the defaults of the web UIs, and the size of the model', async () => {
    expect(await generationOf({})).toMatchObject({
      ...{ prompt: '', steps: 50, cfgScale: 7, seed: -1, sampler: 'Euler', scheduler: 'Automatic' },
      ...{ width: 0, height: 0, batchCount: 1, batchSize: 1, clipSkip: 1, hiresScale: 1, model: 'emoji', rng: 'cpu' },
      ...{ eta: 'auto', sTmax: 'auto', sNoise: 1 },
    });
  });

  it('may have numbers and truth values as text, and null for what is left out', async () => {
    const body = { steps: '12', cfg_scale: '5.5', seed: '99', enable_hr: 'false', width: null, sampler_name: null };
    expect(await generationOf(body)).toMatchObject({ steps: 12, cfgScale: 5.5, seed: 99, width: 0, sampler: 'Euler' });
  });

  it.each([
    [{ sampler_name: 'k_dpmpp_2m' }, 'DPM++ 2M', 'Automatic'],
    [{ sampler_name: 'DPM++ 2M Karras' }, 'DPM++ 2M', 'Karras'],
    [{ sampler_name: 'DPM++ 2M SDE Exponential' }, 'DPM++ 2M SDE', 'Exponential'],
    [{ sampler_index: 'Euler a', scheduler: 'sgm_uniform' }, 'Euler a', 'SGM Uniform'],
    [{ sampler_name: 'DDIM', sampler_index: 'Euler', scheduler: 'automatic' }, 'DDIM', 'Automatic'],
  ])('names sampler and scheduler as the web UIs: %j', async (body, sampler, scheduler) => {
    expect(await generationOf(body)).toMatchObject({ sampler, scheduler });
  });

  it('has seeds, variations and sizes', async () => {
    const body = { seed: 3, subseed: 4, subseed_strength: 0.5, seed_resize_from_w: 64, seed_resize_from_h: 70 };
    expect(await generationOf({ ...body, width: 510, height: 512, batch_size: 2, n_iter: 3 })).toMatchObject({
      ...{ seed: 3, variationSeed: 4, variationStrength: 0.5, seedResizeFromWidth: 64, seedResizeFromHeight: 64 },
      ...{ width: 504, height: 512, batchSize: 2, batchCount: 3 },
    });
  });

  it('has a hires pass only where it is enabled', async () => {
    const hires = { hr_scale: 1.5, hr_second_pass_steps: 9, denoising_strength: 0.4, hr_upscaler: 'Lanczos' };
    expect(await generationOf(hires)).toMatchObject({ hiresScale: 1 });
    expect(await generationOf({ ...hires, enable_hr: true })).toMatchObject({
      ...{ hiresScale: 1.5, hiresSteps: 9, hiresDenoisingStrength: 0.4, hiresUpscaler: 'Lanczos' },
    });
    const resize = { enable_hr: true, width: 256, height: 128, hr_resize_x: 512, hr_resize_y: 0 };
    expect(await generationOf(resize)).toMatchObject({ hiresScale: 2, hiresUpscaler: 'Latent' });
  });

  it('overrides settings for itself, and leaves out those that mean nothing here', async () => {
    const settings = {
      CLIP_stop_at_last_layers: 2,
      sd_model_checkpoint: 'owner/other',
      randn_source: 'NV',
      sd_vae: 'x',
    };
    const { post, get, service } = await openSdapi();
    await post(txt2img, { override_settings: settings });
    expect(service.requests[0]?.generation).toMatchObject({ clipSkip: 2, model: 'owner--other', rng: 'gpu' });
    expect((await get('/sdapi/v1/options')).body).toMatchObject({
      CLIP_stop_at_last_layers: 1,
      sd_model_checkpoint: 'emoji',
    });
  });

  it('takes what it leaves out from its infotext', async () => {
    const infotext = 'a dog\nNegative prompt: rain\nSteps: 9, Sampler: Heun, CFG scale: 3, Seed: 5, Size: 64x32';
    expect(await generationOf({ infotext, steps: 4 })).toMatchObject({
      ...{
        prompt: 'a dog',
        negativePrompt: 'rain',
        steps: 4,
        sampler: 'Heun',
        cfgScale: 3,
        seed: 5,
        width: 64,
        height: 32,
      },
    });
  });

  it.each([
    [{ sampler_name: 'Eulerr' }, 404, 'Sampler not found'],
    [{ script_name: 'X/Y/Z plot' }, 422, "Script 'X/Y/Z plot' not found"],
    [{ alwayson_scripts: { ControlNet: { args: [] } } }, 422, "Script 'ControlNet' not found"],
    [{ scheduler: 'Karas' }, 422, expect.stringContaining('Karras')],
    [
      { override_settings: { sd_model_checkpoint: 'v1-5' } },
      422,
      [expect.objectContaining({ loc: ['body', 'sd_model_checkpoint'] })],
    ],
    [{ steps: 'many' }, 422, [expect.objectContaining({ loc: ['body', 'steps'], input: 'many' })]],
    [{ cfg_scale: 99 }, 422, [expect.objectContaining({ loc: ['body', 'cfg_scale'], input: 99 })]],
    [{ enable_hr: true, hr_upscaler: 'ESRGAN_4x' }, 422, [expect.objectContaining({ loc: ['body', 'hr_upscaler'] })]],
    [{ n_iter: 1000, batch_size: 2 }, 422, expect.stringContaining('2000 images')],
    [{ width: 4096, height: 4096, batch_size: 8 }, 422, expect.stringContaining('4096x4096')],
  ])('is refused before it is queued: %j', async (body, status, detail) => {
    const { post, service } = await openSdapi();
    const answer = await post(txt2img, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.any(String), detail, body: '', errors: expect.any(String) });
    expect(service.requests).toEqual([]);
  });
});
