import type { GenerationEvent, Host } from '../host.js';
import { generateImages } from '../remote/generate-images.js';
import { defaultUrlOf, HttpClient } from '../remote/http-client.js';
import { defaultAwayTimeoutMs } from '../remote/limits.js';
import { sendStart } from '../remote/pictures.js';
import { remoteHost, type Stops } from '../remote/remote-host.js';
import { readModels, samplers, schedulers } from './catalogue.js';
import { invokeai, uploadPicture } from './connection.js';
import { type InvokeaiPlan, planRequest } from './plan.js';
import { InvokeaiRun } from './run.js';
import { InvokeaiSocket } from './socket.js';

type InvokeaiHostSettings = {
  /** where InvokeAI is; http://127.0.0.1:9090 by default */
  readonly url?: string | undefined;
  /** how long an InvokeAI that goes away during a run is waited for; 60,000 by default */
  readonly reconnectTimeoutMs?: number;
};

/**
 * A host for InvokeAI 6 or newer (https://invoke-ai.github.io/InvokeAI), with models of SD 1, SD 2 and SDXL. The steps
 * are the pictures of its progress, an eighth of the size of the image. The images of a batch are made one by one.
 * @throws StepsAnimationError `usage` for an invalid address
 */
export function createInvokeaiHost(settings: InvokeaiHostSettings = {}): Host & AsyncDisposable {
  const { url = defaultUrlOf(invokeai), reconnectTimeoutMs = defaultAwayTimeoutMs } = settings;
  const client = new HttpClient(invokeai, url);
  const sockets = new Set<InvokeaiSocket>();

  async function* run(plan: InvokeaiPlan, stops: Stops): AsyncGenerator<GenerationEvent, void, void> {
    using socket = await InvokeaiSocket.open(client, reconnectTimeoutMs, stops.signal);
    sockets.add(socket);
    try {
      const { steps, isSecondOrder, showsNoise } = plan;
      const { files, startFrame } = await sendStart(plan.start, plan.images[0]?.info ?? {}, 0, (png) =>
        uploadPicture(client, png, stops.signal),
      );
      yield* generateImages({
        ...{ plan, startFrame, showsNoise, ...stops, program: 'InvokeAI', noStepsNote },
        makeImage: ({ seed }, stopping) =>
          new InvokeaiRun({
            ...{ client, socket, stopping, graph: plan.graphOf(seed, files), steps, isSecondOrder },
          }).events(),
      });
    } finally {
      sockets.delete(socket);
    }
  }

  return remoteHost({
    name: 'invokeai',
    describe: async (options) => {
      const models = await readModels(client, options);
      return {
        models: models.map(({ id: { name }, width, height }) => ({ name, width, height })),
        ...{ samplers, schedulers },
      };
    },
    plan: async (request, options) => planRequest(request, await readModels(client, options)),
    run,
    close: () => {
      for (const socket of sockets) socket[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  });
}

const noStepsNote = 'InvokeAI showed no steps; see that its own page shows its progress.';
