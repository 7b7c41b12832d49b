import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '#src/hosts/host.js';
import { emerging } from '../helpers/pictures.js';

const width = 64;
const height = 48;

/** Called before each step, from 1, of each batch, from 0. */
type BeforeStep = (step: number, batch: number) => Promise<void> | void;

/** A host without a model, which makes one image a batch. It can be held before each step, and counts its requests. */
export class PretendedHost implements Host {
  readonly name = 'pretended';
  /** of the requests so far, in order */
  readonly prompts: string[] = [];
  /** number of requested rough pictures */
  previews = 0;
  readonly #beforeStep: BeforeStep;

  constructor(
    beforeStep: BeforeStep = () => {},
    readonly models: readonly string[] = ['pretended'],
  ) {
    this.#beforeStep = beforeStep;
  }

  async describe(): Promise<HostDescription> {
    return { models: this.models.map((name) => ({ name, width, height })), samplers: [], schedulers: [] };
  }

  async *generate(
    request: GenerationRequest,
    signal?: AbortSignal,
    skips?: EventTarget,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const { prompt = '', steps = 4, seed = 1, batchCount = 1 } = request;
    this.prompts.push(prompt);
    const images = Array.from({ length: batchCount }, (_, batch) => {
      const infotext = `${prompt}\nSteps: ${steps}, Sampler: Euler a, Seed: ${seed + batch}, Model: pretended`;
      return { batch, position: 0, seed: seed + batch, prompt, infotext, width, height };
    });
    yield { type: 'start', images, passes: [{ kind: 'base', width, height, steps, exact: true }] };
    let isSkipped = false;
    skips?.addEventListener('skip', () => {
      isSkipped = true;
    });
    for (const [image, { infotext }] of images.entries()) {
      isSkipped = false;
      let step = 0;
      while (step < steps) {
        await this.#beforeStep(step + 1, image);
        if (signal?.aborted || isSkipped) break;
        step++;
        yield this.#stepEvent(image, step, steps);
      }
      const picture = emerging(width, height, step / steps);
      const early = isSkipped ? 'skipped' : 'interrupted';
      const reason = step < steps ? early : 'finished';
      if (step > 0) yield { type: 'image', image, picture, infotext, reason };
      if (signal?.aborted) break;
    }
    yield { type: 'end' };
  }

  #stepEvent(image: number, step: number, steps: number): GenerationEvent {
    const picture = emerging(width, height, step / steps);
    const preview = () => {
      this.previews++;
      return emerging(width / 8, height / 8, step / steps);
    };
    return { type: 'step', image, pass: 0, step, picture: async () => picture, preview };
  }
}

/** A barrier: `passed` resolves when it is opened. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Holds a host before a step: `reached` resolves when it gets there, and `open` lets it go on. */
export function barrier(step: number) {
  const [reached, held] = [gate(), gate()];
  const beforeStep = async (next: number) => {
    if (next < step) return;
    reached.open();
    await held.passed;
  };
  return { beforeStep, reached: reached.passed, open: held.open };
}
