import { describe, expect, it } from 'vitest';
import { listRecordings, readRecording, textOf } from '../record/recording.js';
import { pathsIn } from '../record/without-paths.js';

describe('the recordings', () => {
  it('have nothing of the machine they were made on, and are small', async () => {
    const { names, bytes } = await listRecordings();
    expect(bytes).toBeLessThan(800_000);
    for (const name of names) {
      const texts = (await readRecording(name)).flatMap((entry) => ('body' in entry ? [textOf(entry.body)] : []));
      const paths = texts.flatMap(pathsIn).filter((path) => !path.startsWith('/somewhere/'));
      expect(paths, name).toEqual([]);
    }
  });
});
