import type { Readable } from 'node:stream';
import type { Picture } from '../animation/picture.js';
import type { GenerationEvent, Host, HostDescription } from './host.js';
import { StreamRun } from './stream-run.js';

export type StreamHostSettings = {
  /** what `docs/protocol.md` describes */
  readonly stream: Readable;
  /** makes a picture of the bytes of a PNG, JPEG or WebP file */
  readonly decode: (bytes: Uint8Array) => Promise<Picture>;
  /** told once when the sender has to wait because pictures come faster than they are taken */
  readonly onWait?: () => void;
  /** told when the stream ends before its `end` */
  readonly onCut?: () => void;
};

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
