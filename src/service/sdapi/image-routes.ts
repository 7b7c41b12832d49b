import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { z } from 'zod';
import { withTemporaryFolder } from '../../files/temporary-folder.js';
import type { Infotext } from '../../infotext/parse-infotext.js';
import { inspectSentFile } from '../media/media.js';
import { checkPictureFile, maxAnswerLength, pixelsOf, withPictures } from '../security/limits.js';
import { memoryForAnswer, memoryForPixels } from '../security/picture-memory.js';
import { upscalerItems } from './lists.js';
import { bytesOf } from './pictures.js';
import { boolean, complain, integer, list, number, readBody, text } from './validation.js';

const maxSide = 8192;
/** Characters of an enlarged picture in base64: photographs as large as possible have half of that. */
const maxImageLength = 128 * 1024 * 1024;

/** How pictures are enlarged; `resize_mode` 0 is by a factor, 1 to a size. Restoring faces is not supported. */
const extras = {
  resize_mode: integer.pipe(z.int().min(0).max(1)).default(0),
  upscaling_resize: number.pipe(z.number().positive().max(8)).default(2),
  upscaling_resize_w: integer.pipe(z.int().min(1).max(maxSide)).default(512),
  upscaling_resize_h: integer.pipe(z.int().min(1).max(maxSide)).default(512),
  upscaling_crop: boolean.default(true),
  upscaler_1: text.default('None'),
  upscaler_2: text.default('None'),
};
const singleSchema = z.object({ ...extras, image: text });
const batchSchema = z.object({ ...extras, imageList: list });
const fileSchema = z.object({ data: text });
const pngInfoSchema = z.object({ image: text });

type Extras = z.output<z.ZodObject<typeof extras>>;

/** What works on existing images: enlarging them, and reading their infotext. */
export function addImageRoutes(app: FastifyInstance): void {
  app.post('/sdapi/v1/extra-single-image', withPictures, async ({ body }, reply) => {
    const { image, ...request } = readBody(singleSchema, body);
    await memoryForAnswer(maxImageLength, reply);
    return { html_info: '', image: await enlarge(image, request) };
  });
  app.post('/sdapi/v1/extra-batch-images', withPictures, async ({ body }, reply) => {
    const { imageList, ...request } = readBody(batchSchema, body);
    await memoryForAnswer(maxAnswerLength, reply);
    const images: string[] = [];
    let length = 0;
    // Sequentially, because each may be large.
    for (const file of imageList) {
      const image = await enlarge(readBody(fileSchema, file).data, request);
      images.push(image);
      length += image.length;
      if (length > maxAnswerLength) throw complain('imageList', 'results in too many pixels: send fewer at once', null);
    }
    return { html_info: '', images };
  });
  app.post('/sdapi/v1/png-info', withPictures, async ({ body }) => await pngInfo(readBody(pngInfoSchema, body).image));
}

async function enlarge(encoded: string, request: Extras): Promise<string> {
  const { upscaler_1, upscaler_2, resize_mode, upscaling_resize: factor } = request;
  const unknown = [upscaler_1, upscaler_2].find((name) => !upscalerItems.some((row) => row.name === name));
  if (unknown !== undefined) throw complain('upscaler_1', `could not find upscaler named ${unknown}`, unknown);
  const bytes = await bytesOf(encoded);
  const sent = await checkPictureFile(bytes, 'image');
  // Without an upscaler the web UIs keep the size.
  if (upscaler_1 === 'None') {
    using _ = await memoryForPixels(pixelsOf(sent));
    return (await sharp(bytes).png().toBuffer()).toString('base64');
  }
  const { width, height } = (await sharp(bytes).metadata()).autoOrient;
  const size =
    resize_mode === 0
      ? { width: Math.round(width * factor), height: Math.round(height * factor) }
      : { width: request.upscaling_resize_w, height: request.upscaling_resize_h };
  if (size.width > maxSide || size.height > maxSide)
    throw complain('upscaling_resize', `the picture would be wider or higher than ${maxSide} pixels`, factor);
  using _ = await memoryForPixels(pixelsOf(sent) + pixelsOf(size));
  const fit = resize_mode === 0 ? 'fill' : request.upscaling_crop ? 'cover' : 'inside';
  const enlarged = sharp(bytes)
    .autoOrient()
    .resize({ ...size, fit, kernel: 'lanczos3' });
  return (await enlarged.png().toBuffer()).toString('base64');
}

/** The infotext of an image, or of an animation. */
async function pngInfo(encoded: string): Promise<unknown> {
  const bytes = await bytesOf(encoded);
  // Through a file, because FFmpeg reads movies only from files.
  const inspected = await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'file');
    await writeFile(path, bytes);
    return await inspectSentFile(path, 'Invalid encoded image');
  });
  const { infotext, tags } = inspected;
  return {
    info: infotext ?? '',
    items: { ...(infotext && { parameters: infotext }), ...tags },
    parameters: parametersOf(inspected),
  };
}

/** An infotext parsed as the web UIs do it for their forms: sizes in two parts, and defaults for what it leaves out. */
function parametersOf({ prompt, negativePrompt, fields }: Infotext): Record<string, unknown> {
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
