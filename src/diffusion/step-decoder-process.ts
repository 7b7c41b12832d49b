import { LatentDecoder } from './latent-decoder.js';
import type { DecodeReply, DecodeRequest } from './step-decoder.js';

// The process that step-decoder.ts starts: it loads one decoder and decodes latents, one after another.

process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of a terminal; the parent decides when this one is no longer needed.
process.on('SIGINT', () => {});

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
  process.send?.(message, () => {});
}
