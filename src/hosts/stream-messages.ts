import { z } from 'zod';

/** The version of the protocol that docs/protocol.md describes. */
const protocolVersion = 1;

/** Limits of what a stream may announce; larger things are mistakes. */
export const streamLimits = {
  /** bytes of a line of JSON, its line break included */
  lineBytes: 1024 * 1024,
  /** pixels of a picture's side */
  side: 16_384,
  /** bytes that follow a line */
  pictureBytes: 16_384 * 16_384 * 3,
  images: 1000,
  steps: 1_000_000,
} as const;

const side = z.int().min(1).max(streamLimits.side);
const count = (most: number) => z.int().min(0).max(most);
const bytes = z.int().min(1).max(streamLimits.pictureBytes);

const picture = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('rgb24'), width: side, height: side }),
  z.strictObject({ format: z.enum(['png', 'jpeg', 'webp']) }),
]);

const startSchema = z.strictObject({
  type: z.literal('start'),
  version: z.literal(protocolVersion),
  images: z
    .array(
      z.strictObject({
        seed: z
          .int()
          .min(0)
          .max(2 ** 53 - 1),
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

const stepSchema = z.strictObject({
  type: z.literal('step'),
  image: count(streamLimits.images),
  pass: count(16).default(0),
  step: z.int().min(1).max(streamLimits.steps),
  picture,
  bytes,
});

const imageSchema = z.strictObject({
  type: z.literal('image'),
  image: count(streamLimits.images),
  infotext: z.string().exactOptional(),
  reason: z.enum(['finished', 'interrupted', 'skipped']).default('finished'),
  picture,
  bytes,
});

const endSchema = z.strictObject({ type: z.literal('end') });

/** One line of the stream. */
export const streamMessageSchema = z.discriminatedUnion('type', [startSchema, stepSchema, imageSchema, endSchema]);

export type StreamMessage = z.output<typeof streamMessageSchema>;
export type StreamPicture = z.output<typeof picture>;
