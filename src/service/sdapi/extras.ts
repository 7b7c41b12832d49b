import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { z } from 'zod';
import { requirePicture } from '../security/limits.js';
import { integer, list, number, text, truth } from './fields.js';
import { upscalerItems } from './lists.js';
import { bytesOf } from './pictures.js';
import { complain, readBody } from './validation.js';

/** How pictures are enlarged: 0 by a factor, 1 to a size. Restoring faces is not among what this service does. */
const extras = {
  resize_mode: integer.pipe(z.int().min(0).max(1)).default(0),
  upscaling_resize: number.pipe(z.number().positive().max(8)).default(2),
  upscaling_resize_w: integer.pipe(z.int().min(1).max(8192)).default(512),
  upscaling_resize_h: integer.pipe(z.int().min(1).max(8192)).default(512),
  upscaling_crop: truth.default(true),
  upscaler_1: text.default('None'),
  upscaler_2: text.default('None'),
};
const singleSchema = z.object({ ...extras, image: text });
const batchSchema = z.object({ ...extras, imageList: list });
const fileSchema = z.object({ data: text });

type Extras = z.output<z.ZodObject<typeof extras>>;

/** Enlarging one picture, or several. */
export function addExtrasRoutes(app: FastifyInstance): void {
  app.post('/sdapi/v1/extra-single-image', async ({ body }) => {
    const { image, ...request } = readBody(singleSchema, body);
    return { html_info: '', image: await enlarge(image, request) };
  });
  app.post('/sdapi/v1/extra-batch-images', async ({ body }) => {
    const { imageList, ...request } = readBody(batchSchema, body);
    const images: string[] = [];
    // One after another: each may be large.
    for (const file of imageList) images.push(await enlarge(readBody(fileSchema, file).data, request));
    return { html_info: '', images };
  });
}

async function enlarge(encoded: string, request: Extras): Promise<string> {
  const wrong = [request.upscaler_1, request.upscaler_2].find(
    (name) => !upscalerItems.some((row) => row.name === name),
  );
  if (wrong !== undefined) throw complain('upscaler_1', `could not find upscaler named ${wrong}`, wrong);
  const bytes = bytesOf(encoded);
  await requirePicture(bytes, 'image');
  // Without an upscaler the web UIs leave a picture as it is.
  if (request.upscaler_1 === 'None') return (await sharp(bytes).png().toBuffer()).toString('base64');
  const { width, height } = (await sharp(bytes).metadata()).autoOrient;
  const { upscaling_resize: factor } = request;
  const size =
    request.resize_mode === 0
      ? { width: Math.round(width * factor), height: Math.round(height * factor) }
      : { width: request.upscaling_resize_w, height: request.upscaling_resize_h };
  if (size.width > 8192 || size.height > 8192)
    throw complain('upscaling_resize', 'the picture would have more than 8192 pixels along one side', factor);
  const fit = request.resize_mode === 0 ? 'fill' : request.upscaling_crop ? 'cover' : 'inside';
  const enlarged = sharp(bytes)
    .autoOrient()
    .resize({ ...size, fit, kernel: 'lanczos3' });
  return (await enlarged.png().toBuffer()).toString('base64');
}
