import { followParent, tellParent } from './forked-process.js';
import { LatentDecoder } from './latent-decoder.js';
import type { DecodeReply, DecodeRequest } from './step-decoder.js';

// The process that step-decoder.ts starts: it loads one decoder and decodes latents, one after another.

followParent();

const loading = LatentDecoder.load(process.argv[2] ?? '', { threads: 1 });
let queue: Promise<unknown> = loading.catch(() => {});

process.on('message', (request) => {
  const { id, latent } = request as DecodeRequest;
  queue = queue.then(async () => {
    try {
      reply({ id, picture: await (await loading).decode(latent) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
});

function reply(message: DecodeReply): void {
  tellParent(message);
}
