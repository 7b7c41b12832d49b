import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FrameComposer } from '#src/movie/composer.js';
import { movieFrames } from '#src/movie/decode.js';
import { makePalette } from '#src/movie/gif-palette.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { Picture } from '#src/pictures/picture.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const size = { width: 32, height: 32 };
const noMemory = -12;
const movie = {
  ...animationOptionsSchema.parse({ interpolation: 'mci' }),
  ...{ ...size, duration: 1, sources: 2, tags: {}, sideBySide: 1 },
};

afterEach(() => void vi.restoreAllMocks());

async function* pictures(): AsyncGenerator<Picture> {
  for (const progress of [0.5, 1]) yield emerging(size.width, size.height, progress);
}

/** Watches what is allocated and what is freed of it; `left` counts what is not. */
function watch(type: typeof Frame | typeof FilterGraph) {
  const allocated = vi.spyOn(type.prototype, 'alloc');
  const freed = [vi.spyOn(type.prototype, 'free'), vi.spyOn(type.prototype, Symbol.dispose)];
  const made = vi.spyOn(Frame, 'fromVideoBuffer');
  return {
    left: () => {
      const all = new Set<unknown>(allocated.mock.contexts);
      if (type === Frame) for (const { value } of made.mock.results) all.add(value);
      for (const { mock } of freed) for (const context of mock.contexts) all.delete(context);
      return all.size;
    },
  };
}

describe('native resources', () => {
  it.each(['buffersrcAddFrame', 'buffersinkGetFrame'] as const)(
    'of a palette are freed when %s fails',
    async (method) => {
      const [frames, graphs] = [watch(Frame), watch(FilterGraph)];
      vi.spyOn(FilterContext.prototype, method).mockResolvedValue(noMemory);
      await expect(makePalette(pictures())).rejects.toMatchObject({ code: 'encoder' });
      expect([frames.left(), graphs.left()]).toEqual([0, 0]);
    },
  );

  it('of filters are freed when these cannot be configured', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'movie.mp4');
    await using composer = await FrameComposer.open(path, { ...movie, interpolation: 'blend' });
    for await (const picture of pictures()) await composer.add(picture);
    await composer.close();
    const graphs = watch(FilterGraph);
    vi.spyOn(FilterGraph.prototype, 'config').mockResolvedValue(noMemory);
    await expect(makePalette(pictures())).rejects.toMatchObject({ code: 'encoder' });
    await expect(movieFrames(path).next()).rejects.toMatchObject({ code: 'input' });
    expect(graphs.left()).toBe(0);
  });

  it('end with the threads of the interpolation when the frames cannot be prepared', async () => {
    const path = join(await temporaryFolder(), 'movie.gif');
    const terminated = vi.spyOn(Worker.prototype, 'terminate');
    const tooLarge = new Uint8Array(2048);
    await expect(FrameComposer.open(path, { ...movie, codec: 'gif' }, { palette: tooLarge })).rejects.toThrow(
      RangeError,
    );
    expect(terminated).toHaveBeenCalled();
  });
});
