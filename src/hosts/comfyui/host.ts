import { randomUUID } from 'node:crypto';
import type { Picture } from '../../pictures/picture.js';
import { usualAddresses } from '../default-addresses.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '../host.js';
import { denoisedAlone } from '../remote/denoised-alone.js';
import { generateImages } from '../remote/generate-images.js';
import type { Stop } from '../remote/image-run.js';
import { encodeToSend } from '../remote/received-picture.js';
import { fitStart, greyPicture } from '../remote/start-picture.js';
import type { StartFiles } from './built-in-workflow.js';
import { modelNameOf, readCatalogue } from './catalogue.js';
import { ComfyuiConnection } from './connection.js';
import { type ComfyuiPlan, planRequest } from './plan.js';
import { ComfyuiRun } from './run.js';
import { ComfyuiSocket } from './socket.js';
import { type ComfyuiWorkflow, checkWorkflow } from './workflow.js';
import { markRun } from './workflow-settings.js';

export type ComfyuiHostSettings = {
  /** where ComfyUI is; http://127.0.0.1:8188 if left out */
  readonly url?: string;
  /** in API format; a built-in one, with one checkpoint, if left out */
  readonly workflow?: unknown;
  /** how long a ComfyUI that goes away in mid-run is waited for, in milliseconds; 60,000 if left out */
  readonly patience?: number;
};

/**
 * The host that is ComfyUI (https://docs.comfy.org/development/comfyui-server/comms_messages). Its steps are the
 * previews, which show the denoised image, mostly small. Images of a batch are made one by one, with seeds that rise by
 * one: previews show the first image of a batch alone. Its noise is not that of the web UIs.
 * @throws StepsAnimationError `usage` for an address or a workflow that cannot be
 */
export function createComfyuiHost({
  url = usualAddresses.comfyui,
  workflow,
  patience = 60_000,
}: ComfyuiHostSettings = {}): Host & AsyncDisposable {
  const own = workflow === undefined ? undefined : checkWorkflow(workflow);
  return new ComfyuiHost(new ComfyuiConnection(url), own, patience);
}

class ComfyuiHost implements Host, AsyncDisposable {
  readonly name = 'comfyui';
  readonly #connection: ComfyuiConnection;
  readonly #workflow: ComfyuiWorkflow | undefined;
  readonly #patience: number;
  /** whose progress is told on its socket; never another program's */
  readonly #client = randomUUID().replaceAll('-', '');
  readonly #sockets = new Set<ComfyuiSocket>();

  constructor(connection: ComfyuiConnection, workflow: ComfyuiWorkflow | undefined, patience: number) {
    this.#connection = connection;
    this.#workflow = workflow;
    this.#patience = patience;
  }

  async describe(signal?: AbortSignal): Promise<HostDescription> {
    const { checkpoints, samplers, schedulers } = await readCatalogue(this.#connection, signal);
    const size = { width: 512, height: 512 };
    return { models: checkpoints.map((file) => ({ name: modelNameOf(file), ...size })), samplers, schedulers };
  }

  async check(request: GenerationRequest): Promise<void> {
    planRequest(request, await readCatalogue(this.#connection), this.#workflow);
  }

  /** @throws StepsAnimationError `usage` or `network` */
  generate(
    request: GenerationRequest,
    signal?: AbortSignal,
    skips?: EventTarget,
  ): AsyncGenerator<GenerationEvent, void, void> {
    return denoisedAlone(this.#generate(request, signal, skips), 'ComfyUI');
  }

  async *#generate(
    request: GenerationRequest,
    signal: AbortSignal | undefined,
    skips: EventTarget | undefined,
  ): AsyncGenerator<GenerationEvent, void, void> {
    if (signal?.aborted) {
      yield { type: 'end' };
      return;
    }
    const plan = planRequest(request, await readCatalogue(this.#connection, signal), this.#workflow);
    using socket = await ComfyuiSocket.open(this.#connection, this.#client, this.#patience);
    this.#sockets.add(socket);
    try {
      const files = await this.#uploadStart(plan);
      const { previewMethod } = plan;
      const settings = { connection: this.#connection, client: this.#client, socket, previewMethod, signal };
      const begin = (seed: number, stop: Stop) => {
        const workflow = markRun(plan.workflowOf(seed, files), randomUUID());
        return new ComfyuiRun({ ...settings, workflow }).events(stop);
      };
      const wake = () => socket.wake();
      yield* generateImages({ plan, begin, wake, signal, skips, program: 'ComfyUI', noSteps });
    } finally {
      this.#sockets.delete(socket);
    }
  }

  async #uploadStart({ start, images: [first] }: ComfyuiPlan): Promise<StartFiles | undefined> {
    if (!start) return undefined;
    const { width = start.picture.width, height = start.picture.height } = first?.info ?? {};
    const { picture, mask } = await fitStart(start.picture, start.mask, { width, height }, start);
    const send = async (picture: Picture) =>
      await this.#connection.upload(`steps-animation-${randomUUID()}.png`, await encodeToSend(picture));
    return { picture: await send(picture), mask: mask && (await send(greyPicture({ width, height }, mask))) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket[Symbol.dispose]();
  }
}

const noSteps =
  'ComfyUI showed no steps: start it with --preview-method taesd, or set a preview method in its settings.';
