import { describe, expect, it } from 'vitest';
import { scriptArguments } from '#src/service/sdapi/steps-animation-script.js';
import { openSdapi } from './open-sdapi.js';

async function animationOf(args: unknown, name = 'Steps animation') {
  const { post, service } = await openSdapi();
  const { status, body } = await post('/sdapi/v1/txt2img', { alwayson_scripts: { [name]: { args } } });
  return { status, detail: body.detail, animation: service.requests[0]?.animation };
}

describe('the script', () => {
  it.each(['Steps animation', 'steps animation', 'STEPS ANIMATION'])('is called %s', async (name) => {
    expect((await animationOf([true], name)).animation).toMatchObject({ createAnimation: true, codec: 'x264' });
  });

  it('takes the twelve arguments of the original', async () => {
    const args = [true, 'aom-av1', 'mci', '4.5', '3', 2, 'true', false, 'false', true, 'steps', 'movies'];
    expect((await animationOf(args)).animation).toMatchObject({
      ...{ codec: 'svt-av1', interpolation: 'mci', duration: 4.5, skipSteps: 3, lastFrameDuration: 2, debug: true },
      ...{ runIncomplete: false, deleteIntermediate: false, createAnimation: true },
      ...{ intermediatePath: 'steps', animationPath: 'movies' },
    });
  });

  it('takes further options after them', async () => {
    const original = [true, null, null, null, null, null, null, null, null, null, null, null];
    expect((await animationOf([...original, 24, 2])).animation).toMatchObject({ codec: 'x264', fps: 24, every: 2 });
  });

  it('keeps the places of its further options: rows of new ones come last', () => {
    const known = [
      ...['fps', 'every', 'stopAt', 'firstFrameDuration', 'content', 'passes', 'grid', 'loop', 'pacing'],
      ...['intermediateFormat', 'intermediateQuality', 'encoderSettings'],
    ];
    expect(scriptArguments.map(({ name }) => name).slice(11, 11 + known.length)).toEqual(known);
  });

  it('takes options by their names, and by the original ones', async () => {
    const args = [{ codec: 'gif', fps: '25', loop: 'boomerang', tmp_delete: false, last_frame_duration: 1.5 }];
    expect((await animationOf(args)).animation).toMatchObject({
      ...{ codec: 'gif', fps: 25, loop: 'boomerang', deleteIntermediate: false, lastFrameDuration: 1.5 },
    });
  });

  it.each([[undefined], [[]], [[false, 'gif']], [['false']], [[{ is_enabled: false, codec: 'gif' }]]])(
    'makes no animation with %j',
    async (args) => {
      expect((await animationOf(args)).animation).toBeNull();
    },
  );

  it.each([
    [[true, 'mpeg1'], 'codec'],
    [[true, 'x264', 'blend', 'long'], 'duration'],
    [[true, 'x264', 'blend', 1000], 'duration'],
    [['perhaps'], 'is_enabled'],
    [[{ duratoin: 5 }], 'duratoin'],
  ])('refuses %j', async (args, word) => {
    const { status, detail, animation } = await animationOf(args);
    expect(status).toBe(422);
    expect(JSON.stringify(detail)).toContain(word);
    expect(animation).toBeUndefined();
  });

  it('is listed for both tabs', async () => {
    const { get } = await openSdapi();
    expect((await get('/sdapi/v1/scripts')).body).toEqual({
      txt2img: ['steps animation'],
      img2img: ['steps animation'],
    });
    const { body } = await get('/sdapi/v1/script-info');
    expect(body).toMatchObject([
      { name: 'steps animation', is_alwayson: true, is_img2img: false },
      { name: 'steps animation', is_alwayson: true, is_img2img: true },
    ]);
    expect(body[0].args.slice(0, 12).map(({ label }: { label: string }) => label)).toEqual([
      ...['Script Enabled', 'Codec', 'Interpolation', 'Duration', 'Skip steps'],
      ...['Additional duration of the last frame', 'Debug info', 'Run on incomplete', 'Delete intermediate'],
      ...['Create animation', 'Intermediate files path', 'Output animation path'],
    ]);
    expect(body[0].args[3]).toEqual({
      label: 'Duration',
      value: 10,
      minimum: 0.5,
      maximum: 120,
      step: 0.1,
      choices: null,
    });
    expect(body[0].args[1].choices).toContain('prores_ks');
  });

  it('gives the same with the arguments that it lists', async () => {
    const { get } = await openSdapi();
    const [, ...values] = (await get('/sdapi/v1/script-info')).body[0].args.map(
      ({ value }: { value: unknown }) => value,
    );
    expect((await animationOf([true, ...values])).animation).toEqual((await animationOf([true])).animation);
  });
});
