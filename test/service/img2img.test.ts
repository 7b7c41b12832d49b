import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openService, quick } from './open-service.js';

async function png(width: number, height: number, background: string): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

describe('an img2img job', () => {
  it('starts from the bytes of a picture and a mask, which stay until it is removed', async () => {
    const outdir = await temporaryFolder();
    const service = await openService(outdir);
    const picture = await png(128, 128, 'green');
    // What is black stays as it is.
    const start = {
      picture,
      mask: await png(128, 128, 'black'),
      denoisingStrength: 0.6,
      maskBlur: 0,
      startFrame: true,
    };
    const { id } = await service.submit({ kind: 'img2img', ...quick, start });
    const job = await service.ended(id);
    expect(job).toMatchObject({
      state: 'finished',
      options: { img2img: { denoisingStrength: 0.6, resizeMode: 'crop' } },
    });
    const [image] = job.images;
    expect(image?.path?.startsWith(join(outdir, 'img2img-images'))).toBe(true);
    const { data } = await sharp(image?.path ?? '')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([0, 128, 0]);
    const [first] = await decodeMovie(job.animations[0]?.path ?? '');
    expect(first?.data[1]).toBeGreaterThan(110);

    const again = await service.ended((await service.again(id)).id);
    expect(again.images[0]?.infotext).toBe(image?.infotext);
    const folder = join(outdir, '.steps-animation', 'jobs');
    expect((await readdir(folder)).sort()).toEqual([id, again.id].sort());
    expect(await readdir(join(folder, id))).toEqual(expect.arrayContaining(['picture', 'mask']));
    await service.remove(id);
    expect(await readdir(folder)).toEqual([again.id]);
    // The image and the movie stay.
    await sharp(image?.path ?? '').stats();
    expect(service.library.search().total).toBe(2);
  });

  it('is refused where the picture is none, or the mask has another size', async () => {
    const service = await openService(await temporaryFolder());
    const garbage = { kind: 'img2img', ...quick, start: { picture: Buffer.from('no picture') } } as const;
    await expect(service.submit(garbage)).rejects.toThrow(/The starting picture cannot be read .*: give a PNG/);
    const start = { picture: await png(64, 64, 'red'), mask: await png(32, 64, 'white') };
    await expect(service.submit({ kind: 'img2img', ...quick, start })).rejects.toThrow('The mask has 32x64 pixels');
    expect(service.list()).toEqual([]);
  });
});
