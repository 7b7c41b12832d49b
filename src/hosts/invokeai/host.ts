import { usualAddresses } from '../default-addresses.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '../host.js';
import { denoisedAlone } from '../remote/denoised-alone.js';
import { generateImages } from '../remote/generate-images.js';
import type { Stop } from '../remote/image-run.js';
import { encodeToSend } from '../remote/received-picture.js';
import { fitStart, greyPicture } from '../remote/start-picture.js';
import { readModels } from './catalogue.js';
import { InvokeaiConnection } from './connection.js';
import type { StartFiles } from './graph.js';
import { samplers, schedulers } from './names.js';
import { type InvokeaiPlan, planRequest } from './plan.js';
import { InvokeaiRun } from './run.js';
import { InvokeaiSocket } from './socket.js';
import { StepCount } from './step-count.js';

export type InvokeaiHostSettings = {
  /** where InvokeAI is; http://127.0.0.1:9090 if left out */
  readonly url?: string;
  /** how long an InvokeAI that goes away in mid-run is waited for, in milliseconds; 60,000 if left out */
  readonly patience?: number;
};

/**
 * The host that is InvokeAI 6 or newer (https://invoke-ai.github.io/InvokeAI), with models of SD 1, SD 2 and SDXL. Its steps
 * are the pictures of its progress, an eighth of the size of the image. Images of a batch are made one by one.
 * @throws StepsAnimationError `usage` for an address that cannot be
 */
export function createInvokeaiHost({
  url = usualAddresses.invokeai,
  patience = 60_000,
}: InvokeaiHostSettings = {}): Host & AsyncDisposable {
  return new InvokeaiHost(new InvokeaiConnection(url), patience);
}

class InvokeaiHost implements Host, AsyncDisposable {
  readonly name = 'invokeai';
  readonly #connection: InvokeaiConnection;
  readonly #patience: number;
  readonly #sockets = new Set<InvokeaiSocket>();

  constructor(connection: InvokeaiConnection, patience: number) {
    this.#connection = connection;
    this.#patience = patience;
  }

  async describe(signal?: AbortSignal): Promise<HostDescription> {
    const models = await readModels(this.#connection, signal);
    return { models: models.map(({ id: { name }, width, height }) => ({ name, width, height })), samplers, schedulers };
  }

  async check(request: GenerationRequest): Promise<void> {
    planRequest(request, await readModels(this.#connection));
  }

  /** @throws StepsAnimationError `usage` or `network` */
  async *generate(
    request: GenerationRequest,
    signal?: AbortSignal,
    skips?: EventTarget,
  ): AsyncGenerator<GenerationEvent, void, void> {
    if (signal?.aborted) {
      yield { type: 'end' };
      return;
    }
    const plan = planRequest(request, await readModels(this.#connection, signal));
    const events = this.#generate(plan, signal, skips);
    yield* plan.showsNoise ? events : denoisedAlone(events, 'InvokeAI');
  }

  async *#generate(
    plan: InvokeaiPlan,
    signal: AbortSignal | undefined,
    skips: EventTarget | undefined,
  ): AsyncGenerator<GenerationEvent, void, void> {
    using socket = await InvokeaiSocket.open(this.#connection, this.#patience);
    this.#sockets.add(socket);
    try {
      const files = await this.#uploadStart(plan);
      const settings = { connection: this.#connection, socket, signal };
      const [{ steps }] = plan.passes;
      const begin = (seed: number, stop: Stop) => {
        const count = new StepCount(steps, plan.isSecondOrder);
        return new InvokeaiRun({ ...settings, graph: plan.graphOf(seed, files), count }).events(stop);
      };
      const wake = () => socket.wake();
      yield* generateImages({ plan, begin, wake, signal, skips, program: 'InvokeAI', noSteps });
    } finally {
      this.#sockets.delete(socket);
    }
  }

  async #uploadStart({ start, passes: [{ width, height }] }: InvokeaiPlan): Promise<StartFiles | undefined> {
    if (!start) return undefined;
    const size = { width, height };
    const { picture, mask } = await fitStart(start.picture, start.mask, size, start);
    // InvokeAI keeps what is white.
    const kept = mask?.map((painted) => 255 - painted);
    return {
      picture: await this.#connection.upload(await encodeToSend(picture)),
      mask: kept && (await this.#connection.upload(await encodeToSend(greyPicture(size, kept)))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
  }
}

const noSteps = 'InvokeAI showed no steps; see that its own page shows its progress.';
