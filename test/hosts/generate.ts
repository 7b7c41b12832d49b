import type { Content, GenerationEvent, GenerationRequest, Host } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';

export const tinyRequest: GenerationRequest = {
  model: 'tiny-model',
  prompt: 'a red apple',
  negativePrompt: '',
  sampler: 'Euler a',
  scheduler: 'Automatic',
  steps: 6,
  cfgScale: 4,
  seed: 42,
  width: 32,
  height: 32,
  batchCount: 1,
  batchSize: 1,
};

export type Generated = {
  readonly events: readonly GenerationEvent[];
  readonly images: readonly Extract<GenerationEvent, { type: 'image' }>[];
  /** in the order of the steps, if asked for */
  readonly pictures: readonly Picture[];
};

/** Runs a request to its end; with `content`, every step is decoded too. */
export async function generate(
  host: Host,
  request: Partial<GenerationRequest> = {},
  {
    content,
    signal,
    skips,
    onEvent,
  }: {
    content?: Content;
    signal?: AbortSignal;
    skips?: EventTarget;
    onEvent?: (event: GenerationEvent) => void;
  } = {},
): Promise<Generated> {
  const events: GenerationEvent[] = [];
  const pictures: Promise<Picture>[] = [];
  for await (const event of host.generate({ ...tinyRequest, ...request }, signal, skips)) {
    events.push(event);
    onEvent?.(event);
    if (event.type === 'step' && content) pictures.push(event.picture(content));
    if (event.type === 'end') await Promise.all(pictures);
  }
  return { events, images: events.filter((event) => event.type === 'image'), pictures: await Promise.all(pictures) };
}

/** The largest difference of two pictures in any channel of any pixel, 0 to 255. */
export function pictureDifference(a: Picture | undefined, b: Picture | undefined): number {
  if (!a || !b || a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  return a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b.data[i] ?? 0))), 0);
}
