import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectFile } from '../../app/inspect-file.js';
import { parseInfotext } from '../../infotext/parse-infotext.js';
import { HttpError } from '../http-error.js';
import { bytesOf } from './pictures.js';

/** What `POST /png-info` tells of an image, or of one of our movies. */
export async function pngInfo(encoded: string): Promise<unknown> {
  const { infotext, tags } = await describeBytes(bytesOf(encoded));
  return { info: infotext ?? '', items: tags ?? {}, parameters: parametersOf(infotext ?? '') };
}

/** FFmpeg reads movies from files only. */
async function describeBytes(bytes: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), 'steps-animation-info-'));
  try {
    const path = join(folder, 'file');
    await writeFile(path, bytes);
    return await inspectFile(path);
  } catch {
    throw new HttpError(422, 'Invalid encoded image');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An infotext taken apart as the web UIs do it for their forms: sizes in two, and what is not in it as usual. */
function parametersOf(infotext: string): Record<string, unknown> {
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    const [, width, height] = /^(\d+)x(\d+)$/.exec(value) ?? [];
    return width && height ? [[`${name}-1`, width] as const, [`${name}-2`, height] as const] : [[name, value] as const];
  });
  return {
    ...{ 'Clip skip': '1', 'Hires resize-1': 0, 'Hires resize-2': 0, 'Schedule type': 'Automatic', RNG: 'GPU' },
    ...Object.fromEntries(parts),
    ...{ Prompt: prompt, 'Negative prompt': negativePrompt },
  };
}
