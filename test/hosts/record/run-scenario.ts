import type { GenerationEvent, GenerationRequest, Host } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import type { ProxySettings } from './recording-proxy.js';

/** What is done to a run while it is at work. */
type Controls = {
  readonly stop: () => void;
  readonly skip: () => void;
  /** cuts off the sockets between host and program */
  readonly cut: () => void;
};

/** One run, done the same with the real program when it is recorded and with the recording. */
export type Scenario = {
  readonly request: GenerationRequest;
  /** called after each event, with the number of steps so far */
  readonly onEvent?: (event: GenerationEvent, steps: number, controls: Controls) => void;
  /** how many steps another's run has, which is at work when this one is recorded */
  readonly stepsOfAnother?: number;
  /** what of a client is kept from the program when it is recorded */
  readonly proxy?: ProxySettings;
};

/** A run in short. */
export type Outcome = {
  /** as `image:pass:step`, in the order in which they came */
  readonly steps: readonly string[];
  readonly stepPictures: readonly Picture[];
  /** as `image:reason` */
  readonly images: readonly string[];
  readonly pictures: readonly Picture[];
  readonly notes: readonly string[];
  readonly error: unknown;
};

/** Takes a run to its end, however it ends. */
export async function runScenario(host: Host, { request, onEvent }: Scenario, cut: () => void): Promise<Outcome> {
  const stopping = new AbortController();
  const skips = new EventTarget();
  const controls = { stop: () => stopping.abort(), skip: () => skips.dispatchEvent(new Event('skip')), cut };
  const events: GenerationEvent[] = [];
  const stepPictures: Picture[] = [];
  let error: unknown;
  try {
    for await (const event of host.generate(request, stopping.signal, skips)) {
      events.push(event);
      if (event.type === 'step') stepPictures.push(await event.picture('denoised'));
      onEvent?.(event, stepPictures.length, controls);
    }
  } catch (thrown) {
    error = thrown;
  }
  const steps = events.filter((event) => event.type === 'step');
  const images = events.filter((event) => event.type === 'image');
  return {
    steps: steps.map(({ image, pass, step }) => `${image}:${pass}:${step}`),
    stepPictures,
    images: images.map(({ image, reason }) => `${image}:${reason}`),
    pictures: images.map(({ picture }) => picture),
    notes: events.flatMap((event) => (event.type === 'note' ? [event.message] : [])),
    error,
  };
}
