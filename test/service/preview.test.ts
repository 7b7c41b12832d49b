import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { LivePreview } from '#src/service/jobs/live-preview.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended } from './open-service.js';
import { barrier, PretendedHost } from './pretended-host.js';

describe('the live preview', () => {
  it('is made only when somebody asks', async () => {
    const third = barrier(3);
    const host = new PretendedHost(third.beforeStep);
    const service = await openPretended(await temporaryFolder(), host);
    const { id } = await service.submit(named('an apple'));
    expect(await service.preview(id)).toBeUndefined();
    await third.reached;
    expect(host.previews).toBe(0);
    const { version = 0, jpeg = Buffer.alloc(0) } = (await service.preview(id)) ?? {};
    expect(version).toBeGreaterThan(0);
    expect(version).toBeLessThanOrEqual(service.current()?.progress?.preview ?? 0);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
    third.open();
    await service.ended(id);
    expect(host.previews).toBeLessThanOrEqual(1);
    expect(await service.preview(id)).toBeUndefined();
  });

  it('is made once for all who ask at the same time, of at most 512 pixels', async () => {
    const preview = new LivePreview();
    let made = 0;
    const rough = () => {
      made++;
      return emerging(128, 64, 1);
    };
    preview.offer({ batch: 0, step: 1, rough, width: 1024, height: 512 });
    const all = await Promise.all(Array.from({ length: 50 }, () => preview.get()));
    expect(made).toBe(1);
    expect(new Set(all).size).toBe(1);
    expect(await sharp(all[0]?.jpeg).metadata()).toMatchObject({ width: 512, height: 256 });
  });

  it('shows a decoded picture rather than a rough one, unless it is more than two steps behind', () => {
    const preview = new LivePreview();
    const rough = (step: number, batch = 0) => {
      const before = preview.version;
      preview.offer({ batch, step, rough: () => emerging(8, 8, 1), width: 64, height: 64 });
      return preview.version > before;
    };
    const decoded = (step: number, batch = 0) => {
      const before = preview.version;
      preview.offer({ batch, step, path: `${step}.png` });
      return preview.version > before;
    };
    expect([rough(1), rough(2), rough(3)]).toEqual([true, true, true]);
    expect([decoded(1), rough(3), rough(4), decoded(2)]).toEqual([true, false, true, true]);
    expect([rough(5), decoded(2), decoded(3), rough(5)]).toEqual([true, false, true, false]);
    expect([rough(1, 1), decoded(4, 0), decoded(1, 1)]).toEqual([true, false, true]);
  });
});
