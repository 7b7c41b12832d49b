import { type CheckedRequest, checkRequest } from '../check-request.js';
import type { GenerationEvent, Host, HostDescription } from '../host.js';
import type { RequestOptions } from './http-client.js';

/** What ends a run early. */
export type Stops = { readonly signal: AbortSignal | undefined; readonly skips: EventTarget | undefined };

type RemoteHost<Plan> = {
  readonly name: string;
  readonly describe: (options: RequestOptions) => Promise<HostDescription>;
  /** Checks a request against what the program has and lays it out. */
  readonly plan: (request: CheckedRequest, options: RequestOptions) => Promise<Plan>;
  readonly run: (plan: Plan, stops: Stops) => AsyncIterable<GenerationEvent>;
  /** Closes all connections. */
  readonly close: () => void;
};

/** A host that is another program. */
export function remoteHost<Plan>({ name, describe, plan, run, close }: RemoteHost<Plan>): Host & AsyncDisposable {
  return {
    name,
    describe: (signal) => describe({ signal }),
    check: async (request) => void (await plan(checkRequest(request), {})),
    async *generate(request, signal, skips) {
      const checked = checkRequest(request);
      if (signal?.aborted) yield { type: 'end' };
      else yield* run(await plan(checked, { signal }), { signal, skips });
    },
    [Symbol.asyncDispose]: async () => close(),
  };
}
