import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openPretended } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const animation = { look: 'classic', duration: 1, fps: 10, interpolation: 'none', minSize: 0 } as const;
const generation = { prompt: 'an apple', steps: 8 };

/** A host that does not know the size of its images beforehand, and fails after the last step. */
class FailingHost extends PretendedHost {
  override async *generate(...parameters: Parameters<PretendedHost['generate']>) {
    for await (const event of super.generate(...parameters)) {
      if (event.type === 'image') throw new Error('out of memory');
      if (event.type !== 'start') yield event;
      else yield { ...event, images: event.images.map(({ width: _w, height: _h, ...image }) => image) };
    }
  }
}

describe('a render job', () => {
  it('makes a movie by another codec without sampling again, the same pictures in it', async () => {
    const host = new PretendedHost();
    const service = await openPretended(await temporaryFolder(), host);
    const first = await service.submit({ kind: 'txt2img', generation, animation: { ...animation, codec: 'apng' } });
    const sampled = await service.ended(first.id);
    const render = { kind: 'render', of: first.id, image: 0, animation: { ...animation, codec: 'webp' } } as const;
    const same = { ...render, animation: { ...animation, codec: 'apng' } } as const;
    const rendered = await service.ended((await service.submit(render)).id);
    const repeated = await service.ended((await service.submit(same)).id);
    expect(host.prompts).toEqual(['an apple']);
    expect(rendered).toMatchObject({ state: 'finished', kind: 'render', images: [] });
    expect(rendered.animations).toMatchObject([{ codec: 'webp', frames: 10, steps: 8 }]);
    expect(rendered.animations[0]?.image).toBe(sampled.images[0]?.path);
    expect((await probeMovie(rendered.animations[0]?.path ?? '')).frames).toBe(10);
    const [before, after] = [sampled, repeated].map(({ animations }) => decodeMovie(animations[0]?.path ?? ''));
    expect(await after).toEqual(await before);
    const entry = service.library.get(rendered.animations[0]?.id ?? '');
    expect(entry).toMatchObject({ job: rendered.id, prompt: 'an apple', codec: 'webp' });
  });

  it('takes the steps by their own numbers, and does without what is gone', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost());
    const selection = { ...animation, skipSteps: 4, every: 2 };
    const { id } = await service.submit({ kind: 'txt2img', generation, animation: selection });
    const sampled = await service.ended(id);
    expect(sampled.images).toMatchObject([{ steps: [5, 7] }]);
    expect(sampled.animations).toMatchObject([{ steps: 3 }]);
    const render = { kind: 'render', of: id, image: 0, animation: selection } as const;
    expect((await service.ended((await service.submit(render)).id)).animations).toMatchObject([{ steps: 3 }]);
    await rm(sampled.images[0]?.path ?? '');
    const without = await service.ended((await service.again((await service.submit(render)).id)).id);
    expect(without.animations).toMatchObject([{ steps: 2, image: null }]);
  });

  it('shows an image that failed, whose size was not known beforehand', async () => {
    const service = await openPretended(await temporaryFolder(), new FailingHost());
    const { id } = await service.submit({ kind: 'txt2img', generation, animation });
    const { state, images } = await service.ended(id);
    expect({ state, images }).toMatchObject({
      state: 'failed',
      images: [{ width: 0, steps: [1, 2, 3, 4, 5, 6, 7, 8] }],
    });
    const render = { kind: 'render', of: id, image: 0, animation } as const;
    const rendered = await service.ended((await service.submit(render)).id);
    expect(rendered.animations).toMatchObject([{ width: 64, height: 48, steps: 8 }]);
  });

  it('has the settings of its own image, also where none was finished', async () => {
    const host = new PretendedHost();
    const generate = host.generate.bind(host);
    host.generate = async function* (...parameters) {
      for await (const event of generate(...parameters)) {
        if (event.type === 'end') throw new Error('killed');
        if (event.type !== 'image') yield event;
      }
    };
    const service = await openPretended(await temporaryFolder(), host);
    const request = { kind: 'txt2img', generation: { ...generation, seed: 5, batchCount: 3 }, animation } as const;
    const failed = await service.ended((await service.submit(request)).id);
    expect(failed.images).toMatchObject(Array(3).fill({ path: null, steps: [1, 2, 3, 4, 5, 6, 7, 8] }));
    for (const image of [2, 1, 0]) {
      const { id } = await service.submit({ kind: 'render', of: failed.id, image, animation });
      const [movie] = (await service.ended(id)).animations;
      expect(movie?.infotext).toBe(failed.images[image]?.infotext);
      expect(movie?.infotext).toContain(`Seed: ${5 + image},`);
    }
  });

  it('is refused when the steps are kept no longer, which happens to the oldest jobs first', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost(), { keptSteps: { jobs: 2 } });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await service.submit({ kind: 'txt2img', generation, animation })).id);
    const [oldest = '', ...others] = ids;
    await service.ended(others.at(-1) ?? '');
    await service.ended((await service.submit({ kind: 'render', of: others[0] ?? '', image: 0, animation })).id);
    expect(service.get(oldest)?.images).toMatchObject([{ steps: [] }]);
    await expect(service.submit({ kind: 'render', of: oldest, image: 0, animation })).rejects.toThrow('run it again');
    await expect(service.stepPicture(oldest, 0, 1)).rejects.toThrow('is not kept');
    for (const id of others) expect(service.get(id)?.images[0]?.steps).toHaveLength(8);
  });
});
