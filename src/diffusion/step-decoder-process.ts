import { messageOf } from '../util/error-message.js';
import { followParent, sendToParent } from '../util/forked-process.js';
import { modelSettings } from './model-process.js';
import { LatentDecoder } from './networks/autoencoder.js';
import { type Device, loadOnBestDevice } from './networks/devices.js';
import { readModelFolder } from './networks/model-folder.js';
import type { DecodeReply, DecodeRequest, DecoderKind } from './step-decoder.js';

// The process that step-decoder.ts starts: it loads a decoder when the first latent needs it, and decodes in order.

followParent();

const { path, device: choice } = modelSettings();
const decoders = new Map<DecoderKind, Promise<LatentDecoder>>();
let queue: Promise<unknown> = Promise.resolve();

process.on('message', (request) => {
  const { id, latent, kind } = request as DecodeRequest;
  queue = queue.then(async () => {
    try {
      const decoder = await decoderOf(kind);
      const begun = performance.now();
      const picture = await decoder.decode(latent);
      reply({ id, picture, milliseconds: performance.now() - begun });
    } catch (error) {
      reply({ id, error: messageOf(error) });
    }
  });
});

function decoderOf(kind: DecoderKind): Promise<LatentDecoder> {
  const known = decoders.get(kind);
  if (known) return known;
  const decoder = loadOnBestDevice(choice, (device) => load(kind, device)).then(({ loaded }) => loaded);
  decoder.catch(() => {});
  decoders.set(kind, decoder);
  return decoder;
}

async function load(kind: DecoderKind, device: Device): Promise<LatentDecoder> {
  const folder = await readModelFolder(path);
  const settings = { device, threads: 1 };
  return kind === 'tiny' && folder.tinyDecoder
    ? await LatentDecoder.loadTiny(folder.tinyDecoder, settings)
    : await LatentDecoder.load(folder, settings);
}

function reply(message: DecodeReply): void {
  sendToParent(message);
}
