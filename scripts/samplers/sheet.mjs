// Draws contact sheets: the steps of several runs, one row each, from left to right.
import { createRequire } from 'node:module';
import sharp from 'sharp';

/** Pixels. */
const tile = 112;
const gap = 4;
const captionHeight = 16;
const nameWidth = 216;

/** Maximum number of steps in a row, in addition to the finished image. */
const columns = 7;
const background = '#181818';
const fontfile = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');

/** Runs a request and picks the pictures of its row: the first step, others evenly spaced, and the finished image. */
export async function sampleRow(host, label, request) {
  const steps = [];
  let finished;
  for await (const event of host.generate({ ...request, preview: 'full' })) {
    if (event.type === 'step') steps.push(event.picture('denoised'));
    if (event.type === 'image') finished = event.picture;
    if (event.type === 'end') await Promise.all(steps);
  }
  // The last step looks the same as the finished image, or nearly so.
  const before = (await Promise.all(steps)).slice(0, -1);
  const shown = Math.min(columns, before.length);
  const pictures = Array.from({ length: shown }, (_, i) => {
    const index = shown > 1 ? Math.round((i * (before.length - 1)) / (shown - 1)) : 0;
    return { picture: before[index], caption: `${index + 1}` };
  });
  return { label, note: `${steps.length} steps`, pictures: [...pictures, { picture: finished, caption: 'finished' }] };
}

/** Writes a sheet of such rows. */
export async function writeSheet(path, rows) {
  const rowHeight = tile + captionHeight + gap;
  const width = nameWidth + (columns + 1) * (tile + gap);
  const height = rows.length * rowHeight + gap;
  const parts = await Promise.all(rows.flatMap((row, index) => drawRow(row, gap + index * rowHeight)));
  await sharp({ create: { width, height, channels: 3, background } })
    .composite(parts)
    .webp({ quality: 80, effort: 6 })
    .toFile(path);
}

function drawRow({ label, note, pictures }, top) {
  const drawn = pictures.flatMap(({ picture, caption }, index) => {
    const column = index === pictures.length - 1 ? columns : index;
    const left = nameWidth + column * (tile + gap);
    return [image(picture, left, top), line(caption, 8, left, top + tile + 2, '#b0b0b0')];
  });
  const middle = top + tile / 2;
  return [line(label, 13, 10, middle - 20, '#ffffff'), line(note, 10, 10, middle + 4, '#b0b0b0'), ...drawn];
}

async function image({ width, height, data }, left, top) {
  const raw = { width, height, channels: 3 };
  return { input: await sharp(data, { raw }).resize(tile, tile).png().toBuffer(), left, top };
}

/** A line of text; `size` in points. */
async function line(words, size, left, top, colour) {
  const text = `<span foreground="${colour}">${words}</span>`;
  const input = { text: { text, font: `DejaVu Sans ${size}`, fontfile, rgba: true, dpi: 96 } };
  return { input: await sharp(input).png().toBuffer(), left, top };
}
