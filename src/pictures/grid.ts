import { createRequire } from 'node:module';
import sharp from 'sharp';
import { parseInfotext } from '../infotext/parse-infotext.js';
import { fitPicture, movieSize, type SizeOptions, wholeOnBlack } from './fit.js';
import type { Picture, Size } from './picture.js';

/** A grid of pictures, row by row, each with a label below it. */
export type GridLayout = {
  readonly columns: number;
  readonly cell: Size;
  /** in pixels; 0 where there are no labels */
  readonly labelHeight: number;
  readonly labels: readonly string[];
  readonly scaling: SizeOptions['scaling'];
  /** of the whole grid */
  readonly width: number;
  readonly height: number;
};

/** Pixels. The pictures of a larger grid are reduced, so that common players can show it. */
const maxSide = 3840;
/** More pictures make several rows. */
const maxInOneRow = 4;

const background = { r: 24, g: 24, b: 24 };
/** A font of our own: on a server there may be none. */
const font = {
  name: 'DejaVu Sans',
  file: createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
};

/**
 * Lays pictures out side by side.
 * @param size of the largest of the pictures
 * @param labels one for each picture, all empty where nothing differs
 * @param options of the movie that shows the grid: the pictures are scaled so that the grid fills it
 */
export function planGrid(size: Size, labels: readonly string[], options: SizeOptions): GridLayout {
  const columns = labels.length <= maxInOneRow ? labels.length : Math.ceil(Math.sqrt(labels.length));
  const rows = Math.ceil(labels.length / columns);
  const whole = { width: size.width * columns, height: size.height * rows };
  const wanted = movieSize(whole, options);
  const limit = (side: 'width' | 'height') => Math.min(wanted[side], maxSide) / whole[side];
  const scale = Math.min(limit('width'), limit('height'));
  const cell = { width: Math.floor(size.width * scale), height: Math.floor(size.height * scale) };
  const isLabelled = labels.some((label) => label !== '');
  const labelHeight = isLabelled ? Math.max(16, Math.round(cell.height / 16)) : 0;
  return {
    columns,
    cell,
    labelHeight,
    labels,
    scaling: options.scaling,
    width: columns * cell.width,
    height: rows * (cell.height + labelHeight),
  };
}

/** Labels for the images of a grid: the settings in which they differ, such as `seed 42, CFG scale 7`. */
export function describeDifferences(infotexts: readonly string[]): string[] {
  const settings = infotexts.map((infotext) => {
    const { prompt, negativePrompt, fields } = parseInfotext(infotext);
    return {
      seed: fields.Seed,
      sampler: fields.Sampler,
      schedule: fields['Schedule type'],
      'CFG scale': fields['CFG scale'],
      steps: fields.Steps,
      model: fields.Model,
      prompt: prompt.replace(/\s+/gu, ' '),
      negative: negativePrompt.replace(/\s+/gu, ' '),
    };
  });
  const [first] = settings;
  const names = Object.keys(first ?? {}) as (keyof (typeof settings)[number])[];
  const different = names.filter((name) => settings.some((setting) => setting[name] !== first?.[name]));
  return settings.map((setting) =>
    different
      .filter((name) => setting[name])
      .map((name) => (name === 'prompt' || name === 'sampler' ? setting[name] : `${name} ${setting[name]}`))
      .join(', '),
  );
}

/** Puts pictures into a grid, each fitted to its cell. */
export async function composeGrid(layout: GridLayout, pictures: readonly Picture[]): Promise<Picture> {
  const { columns, cell, labelHeight, scaling, width, height } = layout;
  const placed = await Promise.all(
    pictures.map(async (picture, index) => {
      const place = {
        left: (index % columns) * cell.width,
        top: Math.floor(index / columns) * (cell.height + labelHeight),
      };
      const { data } = await fitPicture(picture, cell, { ...wholeOnBlack, scaling });
      const input = {
        input: Buffer.from(data.buffer, data.byteOffset, data.length),
        raw: { ...cell, channels: 3 as const },
        ...place,
      };
      const label =
        labelHeight > 0 ? await labelPicture(layout.labels[index] ?? '', cell.width, labelHeight) : undefined;
      return label ? [input, { ...place, top: place.top + cell.height, input: label }] : [input];
    }),
  );
  const data = await sharp({ create: { width, height, channels: 3, background } })
    .composite(placed.flat())
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}

/** Labels by size and text: every picture of a movie has the same ones. */
const drawnLabels = new Map<string, Promise<Buffer>>();

/** Draws a line of text as a PNG. */
function labelPicture(text: string, width: number, height: number): Promise<Buffer> {
  const key = `${width}x${height} ${text}`;
  const drawn = drawnLabels.get(key) ?? drawLabel(text, width, height);
  drawnLabels.set(key, drawn);
  return drawn;
}

async function drawLabel(text: string, width: number, height: number): Promise<Buffer> {
  const canvas = sharp({ create: { width, height, channels: 3, background } }).png();
  if (text === '') return await canvas.toBuffer();
  const padding = Math.round(height / 5);
  const markup = `<span foreground="#e8e8e8">${escapeMarkup(text)}</span>`;
  const line = { text: markup, font: font.name, fontfile: font.file, rgba: true, dpi: Math.round(height * 3.2) };
  const drawn = await sharp({ text: line }).png().toBuffer({ resolveWithObject: true });
  const shown = { width: Math.min(drawn.info.width, width - 2 * padding), height: Math.min(drawn.info.height, height) };
  const cropped = await sharp(drawn.data)
    .extract({ left: 0, top: 0, ...shown })
    .toBuffer();
  const top = Math.floor((height - shown.height) / 2);
  return await canvas.composite([{ input: cropped, left: padding, top }]).toBuffer();
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
