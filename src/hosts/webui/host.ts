import { messageOf } from '../../util/error-message.js';
import type { GenerationEvent, Host } from '../host.js';
import { generateImages } from '../remote/generate-images.js';
import { defaultUrlOf, HttpClient } from '../remote/http-client.js';
import { defaultAwayTimeoutMs } from '../remote/limits.js';
import { remoteHost, type Stops } from '../remote/remote-host.js';
import { fitStart } from '../start-picture.js';
import { describeCatalogue, readCatalogue, restoreSettings, type Settings } from './catalogue.js';
import { webui } from './connection.js';
import { overrides } from './payload.js';
import { planRequest, type WebuiPlan } from './plan.js';
import { WebuiRun } from './run.js';

export type WebuiHostSettings = {
  /** where the web UI is; http://127.0.0.1:7860 by default */
  readonly url?: string | undefined;
  /** `user:password`, if it was started with `--api-auth` */
  readonly auth?: string | undefined;
  /** how long a web UI may not say that it is at work on a run, or waits for it; 60,000 by default */
  readonly silenceTimeoutMs?: number;
};

/**
 * A host for AUTOMATIC1111's web UI or Forge, through its HTTP API (`--api`). The steps are its live previews: pictures
 * of the denoised image, mostly small, of those steps that it shows when it is asked.
 * @throws StepsAnimationError `usage` for an invalid address or login
 */
export function createWebuiHost(settings: WebuiHostSettings = {}): Host & AsyncDisposable {
  const { url = defaultUrlOf(webui), auth, silenceTimeoutMs = defaultAwayTimeoutMs } = settings;
  const client = new HttpClient(webui, url, auth);

  async function* run(
    { plan, before }: { readonly plan: WebuiPlan; readonly before: Settings },
    stops: Stops,
  ): AsyncGenerator<GenerationEvent, void, void> {
    const run = await WebuiRun.prepare(client, plan, silenceTimeoutMs);
    yield* generateImages({
      ...{ plan, startFrame: await startFrameOf(plan), ...stops, program: 'The web UI' },
      makeImage: (image, stopping) => run.events(image, stopping),
      close: async () => {
        if (run.isAway) return run.closingNotes();
        const notRestored = await restoreSettings(client, before, overrides(plan)).then(
          () => [],
          (error: unknown) => [`The settings of the web UI could not be restored: ${messageOf(error)}`],
        );
        return [...notRestored, ...run.closingNotes()];
      },
    });
  }

  return remoteHost({
    name: 'webui',
    describe: async (options) => describeCatalogue(await readCatalogue(client, options)),
    plan: async (request, options) => {
      const catalogue = await readCatalogue(client, options);
      return { plan: planRequest(request, catalogue), before: catalogue.settings };
    },
    run,
    close: () => client[Symbol.dispose](),
  });
}

async function startFrameOf({ start, images: [first] }: WebuiPlan) {
  if (!start?.startFrame) return undefined;
  const { width = start.picture.width, height = start.picture.height } = first?.info ?? {};
  return (await fitStart(start, { width, height })).picture;
}
