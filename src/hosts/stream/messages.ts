import { z } from 'zod';

/** The version of the protocol that docs/protocol.md describes. */
const protocolVersion = 1;

/** Limits of what a stream may announce; larger things are mistakes. */
export const streamLimits = {
  /** bytes of a line of JSON, its line break included */
  lineBytes: 1024 * 1024,
  /** pixels of a picture's side */
  side: 16_384,
  /** of a picture: 8192×8192, or the same in another shape */
  pixels: 2 ** 26,
  /** bytes that follow a line */
  pictureBytes: 2 ** 26 * 3,
  /** bytes of the last steps of all images that have begun and not ended: they are held in case of an interruption */
  heldBytes: 256 * 2 ** 20,
  images: 1000,
  steps: 1_000_000,
} as const;

const side = z.int().min(1).max(streamLimits.side);
const count = (most: number) => z.int().min(0).max(most);
const bytes = z.int().min(1).max(streamLimits.pictureBytes);

type Size = { readonly width: number; readonly height: number };

/** Whether a picture, in pixels, is larger than the limits allow. */
export function isTooLarge({ width, height }: Size): boolean {
  return width > streamLimits.side || height > streamLimits.side || width * height > streamLimits.pixels;
}

export function sizeFault({ width, height }: Size): string {
  const { side, pixels } = streamLimits;
  return `a picture of ${width}×${height} is too large: at most ${side} pixels a side and ${pixels} in all`;
}

const picture = z.discriminatedUnion('format', [
  z
    .strictObject({ format: z.literal('rgb24'), width: side, height: side })
    .refine((size) => !isTooLarge(size), { error: ({ input }) => sizeFault(input as Size) }),
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

/** Known before the bytes come: a sender that announces too many would wait for ever. */
const fillPixels = (message: { picture: z.output<typeof picture>; bytes: number }) =>
  message.picture.format !== 'rgb24' || message.picture.width * message.picture.height * 3 === message.bytes;
const bytesFault = { path: ['bytes'], error: 'must be width × height × 3 for rgb24' };

const stepSchema = z
  .strictObject({
    type: z.literal('step'),
    image: count(streamLimits.images),
    pass: count(16).default(0),
    step: z.int().min(1).max(streamLimits.steps),
    picture,
    bytes,
  })
  .refine(fillPixels, bytesFault);

const imageSchema = z
  .strictObject({
    type: z.literal('image'),
    image: count(streamLimits.images),
    infotext: z.string().exactOptional(),
    reason: z.enum(['finished', 'interrupted', 'skipped']).default('finished'),
    picture,
    bytes,
  })
  .refine(fillPixels, bytesFault);

const endSchema = z.strictObject({ type: z.literal('end') });

const streamMessageSchema = z.discriminatedUnion('type', [startSchema, stepSchema, imageSchema, endSchema]);

export type StreamMessage = z.output<typeof streamMessageSchema>;
export type StreamPicture = z.output<typeof picture>;

/** A message, or what is wrong with a line that is none. */
export type ParsedLine = { readonly message: StreamMessage } | { readonly fault: string };

const shownCharacters = 60;

/** Reads one line of the stream, without its line break. */
export function parseLine(line: Uint8Array): ParsedLine {
  if (line.length === 0) return { fault: 'a line of JSON was expected right after what came before, not a line break' };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    const shown = new TextDecoder().decode(line.subarray(0, shownCharacters));
    return { fault: `a line of JSON in UTF-8 was expected, not ${JSON.stringify(shown)}` };
  }
  const { success, data, error } = streamMessageSchema.safeParse(json);
  if (success) return { message: data };
  const faults = error.issues.map(({ path, message }) =>
    path.length > 0 ? `${z.core.toDotPath(path)}: ${message}` : message,
  );
  return { fault: faults.join('; ') };
}
