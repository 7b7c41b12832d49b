import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '#src/hosts/host.js';
import { emerging } from '../helpers/pictures.js';

const width = 64;
const height = 48;

/** A host without a model; it can be held up before each step, and counts what is asked of it. */
export class PretendedHost implements Host {
  readonly name = 'pretended';
  /** of the requests so far, in their order */
  readonly prompts: string[] = [];
  /** how many rough pictures were asked for */
  previews = 0;
  readonly #beforeStep: (step: number) => Promise<void> | void;

  constructor(
    beforeStep: (step: number) => Promise<void> | void = () => {},
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
    const { prompt = '', steps = 4, seed = 1 } = request;
    this.prompts.push(prompt);
    const infotext = `${prompt}\nSteps: ${steps}, Sampler: Euler a, Seed: ${seed}, Model: pretended`;
    const images = [{ batch: 0, position: 0, seed, prompt, infotext, width, height }];
    yield { type: 'start', images, passes: [{ kind: 'base', width, height, steps, exact: true }] };
    let isSkipped = false;
    const skip = () => {
      isSkipped = true;
    };
    skips?.addEventListener('skip', skip);
    let step = 0;
    while (step < steps) {
      await this.#beforeStep(step + 1);
      if (signal?.aborted || isSkipped) break;
      step++;
      yield this.#stepEvent(step, steps);
    }
    const picture = emerging(width, height, step / steps);
    const early = isSkipped ? 'skipped' : 'interrupted';
    const reason = step < steps ? early : 'finished';
    if (step > 0) yield { type: 'image', image: 0, picture, infotext, reason };
    yield { type: 'end' };
  }

  #stepEvent(step: number, steps: number): GenerationEvent {
    const picture = emerging(width, height, step / steps);
    const preview = () => {
      this.previews++;
      return emerging(width / 8, height / 8, step / steps);
    };
    return { type: 'step', image: 0, pass: 0, step, picture: async () => picture, preview };
  }
}

/** Something that waits until it is opened. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
