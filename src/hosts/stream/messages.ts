import sharp from 'sharp';
import { z } from 'zod';
import type { Size } from '../../pictures/picture.js';

/** The version of the protocol that docs/protocol.md describes. */
const protocolVersion = 1;

/** Limits of what a stream may announce; larger values are mistakes. */
export const streamLimits = {
  /** of a line of JSON with its line break */
  lineBytes: 1024 * 1024,
  /** of a picture, in pixels */
  side: 16_384,
  /** of a picture: 8192×8192, or as many in another shape */
  pixels: 2 ** 26,
  /** that follow a line */
  pictureBytes: 2 ** 26 * 3,
  /** of the last steps of all images in progress, which are kept in case that the stream is cut off */
  heldBytes: 256 * 2 ** 20,
  images: 1000,
  steps: 1_000_000,
} as const;

const side = z.int().min(1).max(streamLimits.side);
const count = (max: number) => z.int().min(0).max(max);
const bytes = z.int().min(1).max(streamLimits.pictureBytes);

function isTooLarge({ width, height }: Size): boolean {
  return width > streamLimits.side || height > streamLimits.side || width * height > streamLimits.pixels;
}

function sizeProblem({ width, height }: Size): string {
  const { side, pixels } = streamLimits;
  return `a picture of ${width}×${height} is too large: at most ${side} pixels a side and ${pixels} in all`;
}

const picture = z.discriminatedUnion('format', [
  z
    .strictObject({ format: z.literal('rgb24'), width: side, height: side })
    .refine((size) => !isTooLarge(size), { error: ({ input }) => sizeProblem(input as Size) }),
  z.strictObject({ format: z.enum(['png', 'jpeg', 'webp']) }),
]);

const startSchema = z.strictObject({
  type: z.literal('start'),
  version: z.literal(protocolVersion),
  images: z
    .array(
      z.strictObject({
        seed: z.int().min(0),
        prompt: z.string().default(''),
        infotext: z.string().default(''),
        batch: count(streamLimits.images).default(0),
        position: count(streamLimits.images).optional(),
        width: side.exactOptional(),
        height: side.exactOptional(),
      }),
    )
    .min(1)
    .max(streamLimits.images),
  passes: z
    .array(
      z.strictObject({
        kind: z.enum(['base', 'hires']).default('base'),
        steps: z.int().min(1).max(streamLimits.steps),
        exact: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(16),
});

/** Checked before the bytes arrive: a sender that announces too many would wait for ever. */
const hasBytesOfPixels = (message: { picture: z.output<typeof picture>; bytes: number }) =>
  message.picture.format !== 'rgb24' || message.picture.width * message.picture.height * 3 === message.bytes;
const bytesProblem = { path: ['bytes'], error: 'must be width × height × 3 for rgb24' };

const stepSchema = z
  .strictObject({
    type: z.literal('step'),
    image: count(streamLimits.images),
    pass: count(16).default(0),
    step: z.int().min(1).max(streamLimits.steps),
    sigma: z.number().min(0).exactOptional(),
    picture,
    bytes,
  })
  .refine(hasBytesOfPixels, bytesProblem);

const noiseSchema = z
  .strictObject({ type: z.literal('noise'), image: count(streamLimits.images), picture, bytes })
  .refine(hasBytesOfPixels, bytesProblem);

const imageSchema = z
  .strictObject({
    type: z.literal('image'),
    image: count(streamLimits.images),
    infotext: z.string().exactOptional(),
    reason: z.enum(['finished', 'interrupted', 'skipped']).default('finished'),
    picture,
    bytes,
  })
  .refine(hasBytesOfPixels, bytesProblem);

const endSchema = z.strictObject({ type: z.literal('end') });

const streamMessageSchema = z.discriminatedUnion('type', [
  startSchema,
  noiseSchema,
  stepSchema,
  imageSchema,
  endSchema,
]);

export type StreamMessage = z.output<typeof streamMessageSchema>;
export type StreamPicture = z.output<typeof picture>;

/** A message, or what is wrong with the line. */
type ParsedLine = { readonly message: StreamMessage } | { readonly problem: string };

const maxQuotedBytes = 60;

/** Parses a line of the stream, without its line break. */
export function parseLine(line: Uint8Array): ParsedLine {
  if (line.length === 0)
    return { problem: 'a line of JSON was expected right after the message before, not a line break' };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    const shown = new TextDecoder().decode(line.subarray(0, maxQuotedBytes));
    return { problem: `a line of JSON in UTF-8 was expected, not ${JSON.stringify(shown)}` };
  }
  const { success, data, error } = streamMessageSchema.safeParse(json);
  if (success) return { message: data };
  const problems = error.issues.map(({ path, message }) =>
    path.length > 0 ? `${z.core.toDotPath(path)}: ${message}` : message,
  );
  return { problem: problems.join('; ') };
}

/**
 * Checks that bytes are the picture that was announced, without decoding it.
 * @returns what is wrong with them; undefined if nothing is
 */
export async function pictureProblem({ format }: StreamPicture, bytes: Uint8Array): Promise<string | undefined> {
  if (format === 'rgb24') return undefined;
  const found = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!found) return `a ${format} was announced, but the ${bytes.length} bytes are no picture`;
  if (found.format !== format) return `a ${format} was announced, but the bytes are a ${found.format}`;
  return isTooLarge(found) ? sizeProblem(found) : undefined;
}
