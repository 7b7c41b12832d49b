import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readInfotext } from '#src/app/inspect-file.js';
import type { JobEvent } from '#src/service/job.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openService, quick } from './open-service.js';

describe('a txt2img job', () => {
  it('goes from the queue to an image, its movie, and an entry of the library', async () => {
    const service = await openService(await temporaryFolder());
    const reading = new AbortController();
    const events: JobEvent[] = [];
    const read = (async () => {
      for await (const event of service.events({}, reading.signal)) events.push(event);
    })();
    const queued = await service.submit({ kind: 'txt2img', ...quick });
    expect(queued).toMatchObject({ state: 'queued', position: 1, images: [], animations: [], startedAt: null });
    const job = await service.ended(queued.id);
    reading.abort();
    await read;

    expect(job).toMatchObject({ state: 'finished', position: null, error: null, progress: null });
    const [image] = job.images;
    expect(image).toMatchObject({ index: 0, seed: 42, width: 128, height: 128, steps: [1, 2, 3, 4, 5] });
    expect(await readInfotext(image?.path ?? '')).toBe(image?.infotext);
    const [movie] = job.animations;
    expect(movie).toMatchObject({ image: image?.path, frames: 10, fps: 10, codec: 'x264', steps: 5, seed: 42 });
    const frames = await decodeMovie(movie?.path ?? '');
    expect(frames).toHaveLength(10);
    for (const step of [1, 2, 3, 4, 5]) {
      const picture = await service.stepPicture(job.id, 0, step);
      expect(await sharp(picture).metadata()).toMatchObject({ width: 128, height: 128 });
    }
    expect(service.library.get(movie?.id ?? '')).toMatchObject({ job: job.id, prompt: 'a red apple', model: 'emoji' });

    const types = events.map(({ type }) => type).filter((type) => type !== 'progress' && type !== 'step');
    expect(types).toEqual(['queued', 'started', 'image', 'animation', 'ended']);
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(5);
    expect(events.findLast((event) => event.type === 'progress')).toMatchObject({
      progress: { step: 5, steps: 5, phase: 'rendering' },
    });
  });
});
