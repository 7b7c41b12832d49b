import { describe, expect, it } from 'vitest';
import type { JobRequest } from '#src/service/job.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended, openService, quick } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

describe('a wrong request', () => {
  it('is refused before it is queued, with a sentence that names what is wrong', async () => {
    const service = await openService(await temporaryFolder());
    const wrong: readonly [object, object, string | RegExp][] = [
      [{ model: 'none such' }, {}, 'There is no model "none such"; choose one of: emoji'],
      [{ model: '/etc' }, {}, 'There is no model "/etc"'],
      [{ sampler: 'Eulr' }, {}, 'Eulr'],
      [{ scheduler: 'Carras' }, {}, 'Carras'],
      [{ steps: 0 }, {}, 'steps must be a whole number from 1 to 1000, not 0'],
      [{ width: 100 }, {}, 'must be a multiple of 8'],
      [{ prompt: 'a'.repeat(20_001) }, {}, /^prompt must be a text of at most 20000 characters, not "a{200}"… .*\.$/],
      [{ prompt: `[${'a|b'.repeat(300)}]`.replaceAll('b', (_, at) => String(at)), steps: 1000 }, {}, 'more than 200'],
      [{}, { codec: 'mpeg1' }, /^codec must be one of x264,.*, not "mpeg1"\.$/],
      [{}, { duration: 1000 }, /^duration must be a number from 0\.5 to 120 .*, not 1000\.$/],
      [{}, { encoderSettings: 'crf=18,preset=sideways' }, 'The codec x264 does not work with'],
      [{}, { animationPath: '../../elsewhere' }, 'lies outside of'],
      [{}, { intermediatePath: '/tmp' }, 'lies outside of'],
      [{}, { animationPath: 'a'.repeat(300) }, 'of a folder has 300 bytes, and 255 are possible'],
      [{}, { intermediatePath: `a/${'🍎'.repeat(64)}` }, 'of a folder has 256 bytes'],
      [{}, { animationPath: 'a'.repeat(1001) }, 'of at most 1000 characters'],
    ];
    for (const [generation, animation, message] of wrong) {
      const request = {
        kind: 'txt2img',
        generation: { ...quick.generation, ...generation },
        animation: { ...quick.animation, ...animation },
      } as JobRequest;
      await expect(service.submit(request), String(message)).rejects.toThrow(message);
    }
    expect(service.list()).toEqual([]);
  });

  it.each([
    ['its model', { width: 512, height: 768 }, '4096x6144'],
    ['any model, where the model has none', { width: 0, height: 0 }, '4096x4096'],
  ])('is refused for the size of %s where it leaves the size open', async (_, size, shown) => {
    class Sized extends PretendedHost {
      override async describe() {
        return { ...(await super.describe()), models: [{ name: 'pretended', ...size }] };
      }
    }
    const service = await openPretended(await temporaryFolder(), new Sized());
    const large = { width: 0, height: 0, hiresScale: 8, batchSize: 64, batchCount: 1 };
    const submit = (generation: object) => service.submit({ kind: 'txt2img', generation, animation: null });
    await expect(submit(large)).rejects.toThrow(`64 images of ${shown} pixels at once are too many`);
    await expect(submit({ ...large, width: 8, height: 8 })).resolves.toMatchObject({ state: 'queued' });
  });

  it('is refused where it asks for what is not there', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost());
    const { animation } = quick;
    const render = { kind: 'render', of: 'nobody', image: 0, animation } as const;
    await expect(service.submit(render)).rejects.toThrow('There is no job nobody');
    const { id } = await service.submit(named('an apple'));
    await service.ended(id);
    await expect(service.submit({ ...render, of: id, image: 1 })).rejects.toThrow('has no image 1');
    await expect(service.stepPicture(id, 0, 9)).rejects.toThrow('is not kept');
    await expect(service.ended('nobody')).rejects.toThrow('There is no job "nobody"');
    await expect(service.cancel('nobody')).rejects.toThrow('There is no job');
    await expect(service.again('nobody')).rejects.toThrow('There is no job');
    expect(service.get('nobody')).toBeUndefined();
    await expect(service.library.remove('nothing')).rejects.toThrow('There is no animation');
  });
});
