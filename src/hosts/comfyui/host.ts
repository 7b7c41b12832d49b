import { randomUUID } from 'node:crypto';
import type { GenerationEvent, Host } from '../host.js';
import { generateImages } from '../remote/generate-images.js';
import { defaultUrlOf, HttpClient } from '../remote/http-client.js';
import { defaultAwayTimeoutMs } from '../remote/limits.js';
import { sendStart } from '../remote/pictures.js';
import { remoteHost, type Stops } from '../remote/remote-host.js';
import { modelNameOf, readCatalogue } from './catalogue.js';
import { comfyui, uploadPicture } from './connection.js';
import { type ComfyuiPlan, defaultSide, planRequest } from './plan.js';
import { ComfyuiRun } from './run.js';
import { ComfyuiSocket } from './socket.js';
import { bypassCache, checkWorkflow } from './workflow.js';

export type ComfyuiHostSettings = {
  /** where ComfyUI is; http://127.0.0.1:8188 by default */
  readonly url?: string | undefined;
  /** in API format; a built-in one with one checkpoint by default */
  readonly workflow?: unknown;
  /** how long a ComfyUI that goes away during a run is waited for; 60,000 by default */
  readonly reconnectTimeoutMs?: number;
};

/**
 * A host for ComfyUI (https://docs.comfy.org/development/comfyui-server/comms_messages). The steps are its previews,
 * which show the denoised image, mostly small. The images of a batch are made one by one, with seeds that rise by one,
 * as previews show the first image of a batch only. Its noise is not that of the web UIs.
 * @throws StepsAnimationError `usage` for an invalid address or workflow
 */
export function createComfyuiHost(settings: ComfyuiHostSettings = {}): Host & AsyncDisposable {
  const { url = defaultUrlOf(comfyui), reconnectTimeoutMs = defaultAwayTimeoutMs } = settings;
  const workflow = settings.workflow === undefined ? undefined : checkWorkflow(settings.workflow);
  const client = new HttpClient(comfyui, url);
  /** ComfyUI reports the runs of a client on its socket only. */
  const clientId = randomUUID().replaceAll('-', '');
  const sockets = new Set<ComfyuiSocket>();

  async function* run(plan: ComfyuiPlan, stops: Stops): AsyncGenerator<GenerationEvent, void, void> {
    using socket = await ComfyuiSocket.open(client, clientId, reconnectTimeoutMs, stops.signal);
    sockets.add(socket);
    try {
      const { files, startFrame } = await sendStart(plan.start, plan.images[0]?.info ?? {}, 255, (png) =>
        uploadPicture(client, `steps-animation-${randomUUID()}.png`, png, stops.signal),
      );
      const { previewMethod } = plan;
      yield* generateImages({
        ...{ plan, startFrame, ...stops, program: 'ComfyUI', noStepsNote },
        makeImage: ({ seed }, stopping) => {
          const workflow = bypassCache(plan.workflowOf(seed, files), randomUUID());
          return new ComfyuiRun({ client, socket, clientId, workflow, previewMethod, stopping }).events();
        },
      });
    } finally {
      sockets.delete(socket);
    }
  }

  return remoteHost({
    name: 'comfyui',
    describe: async (options) => {
      const { checkpoints, samplers, schedulers } = await readCatalogue(client, options);
      const size = { width: defaultSide, height: defaultSide };
      return { models: checkpoints.map((file) => ({ name: modelNameOf(file), ...size })), samplers, schedulers };
    },
    plan: async (request, options) => planRequest(request, await readCatalogue(client, options), workflow),
    run,
    close: () => {
      for (const socket of sockets) socket[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  });
}

const noStepsNote =
  'ComfyUI showed no steps: start it with --preview-method taesd, or set a preview method in its settings.';
