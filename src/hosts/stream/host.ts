import type { GenerationEvent, Host, HostDescription } from '../host.js';
import { type StreamHostSettings, StreamRun } from './run.js';

/**
 * The host that is any program: its steps come through a stream. No more is read of it than is taken: beyond 32 MB of
 * pictures the stream fills, and its sender waits. It takes no request; the stream is one run.
 */
export function createStreamHost(settings: StreamHostSettings): Host<undefined> {
  return {
    name: 'stream',
    describe: async (): Promise<HostDescription> => ({ models: [], samplers: [], schedulers: [] }),
    generate: (_request: undefined, signal?: AbortSignal): AsyncIterable<GenerationEvent> =>
      new StreamRun(settings).events(signal),
  };
}
