import { usualAddresses } from '../default-addresses.js';
import type { GenerationEvent, GenerationRequest, Host, HostDescription } from '../host.js';
import { denoisedAlone } from '../remote/denoised-alone.js';
import { describeCatalogue, readCatalogue } from './catalogue.js';
import { WebuiConnection } from './connection.js';
import { planRequest } from './plan.js';
import { WebuiRun } from './run.js';

export type WebuiHostSettings = {
  /** where the web UI is; http://127.0.0.1:7860 if left out */
  readonly url?: string;
  /** `user:password`, where it was started with `--api-auth` */
  readonly auth?: string;
};

/**
 * The host that is AUTOMATIC1111's web UI or Forge, through its HTTP API (`--api`). Its steps are the live previews:
 * pictures of the denoised image, mostly small, of those steps that it shows when it is asked.
 * @throws StepsAnimationError `usage` for an address or a login that cannot be
 */
export function createWebuiHost({ url = usualAddresses.webui, auth }: WebuiHostSettings = {}): Host & AsyncDisposable {
  return new WebuiHost(new WebuiConnection({ url, auth }));
}

class WebuiHost implements Host, AsyncDisposable {
  readonly name = 'webui';
  readonly #connection: WebuiConnection;

  constructor(connection: WebuiConnection) {
    this.#connection = connection;
  }

  async describe(signal?: AbortSignal): Promise<HostDescription> {
    return describeCatalogue(await readCatalogue(this.#connection, signal));
  }

  async check(request: GenerationRequest): Promise<void> {
    planRequest(request, await readCatalogue(this.#connection));
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
    const catalogue = await readCatalogue(this.#connection);
    const plan = planRequest(request, catalogue);
    const run = new WebuiRun(this.#connection, catalogue.settings, plan, { signal, skips });
    yield* denoisedAlone(run.events(), 'The web UI');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection[Symbol.dispose]();
  }
}
