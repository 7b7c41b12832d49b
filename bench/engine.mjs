import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { median, round } from './statistics.mjs';

const python = process.env.PYTHON ?? 'python3';
const side = 256;
const steps = 20;
const cfgScale = 5;

/**
 * The embedded engine beside diffusers, with PyTorch and with onnxruntime, on the same networks with as many threads:
 * seconds from text to picture, all loaded, interleaved. Needs a Python with the packages of diffusers-peer.py, named by
 * the environment variable PYTHON; without one the section is left out.
 */
export async function measureEngine(work, rounds) {
  if (
    spawnSync(python, [
      '-c',
      "import diffusers, onnxruntime; from importlib.util import find_spec; assert find_spec('clip')",
    ]).status !== 0
  ) {
    console.log('\nengine: left out, PYTHON has no diffusers, onnxruntime, torch and clip');
    return undefined;
  }
  const threads = availableParallelism();
  const peer = await Peer.start([join(work, 'models', 'peer'), side, steps, cfgScale, threads].map(String));
  const host = createEmbeddedHost({ modelsFolder: join(work, 'models'), threads });
  const ways = { ours: () => timeOurs(host), torch: () => peer.time('torch'), onnx: () => peer.time('onnx') };
  const seconds = { ours: [], torch: [], onnx: [] };
  for (let index = 0; index <= rounds; index++) {
    for (const way of Object.keys(ways)) {
      const time = await ways[way]();
      // The first round warms up.
      if (index > 0) seconds[way].push(time);
    }
  }
  await host[Symbol.asyncDispose]();
  peer.end();
  const result = Object.fromEntries(Object.entries(seconds).map(([way, times]) => [way, round(median(times))]));
  console.log(
    `\nengine: ${steps} steps of ${side}×${side}, CFG ${cfgScale}, ${threads} threads (medians of ${rounds}, seconds)`,
  );
  console.table(result);
  return { side, steps, threads, ...result };
}

async function timeOurs(host) {
  const request = { model: 'peer', prompt: 'a red apple', negativePrompt: 'blurry', sampler: 'DDIM' };
  const begun = performance.now();
  for await (const event of host.generate({ ...request, steps, cfgScale, width: side, height: side, seed: 1 })) {
    if (event.type === 'image') return (performance.now() - begun) / 1000;
  }
  throw new Error('There was no image.');
}

/** A program that is asked by lines and answers by lines. */
class Peer {
  #process;
  #lines;

  static async start(settings) {
    const peer = new Peer();
    peer.#process = spawn(python, [join(import.meta.dirname, 'diffusers-peer.py'), ...settings], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    peer.#lines = createInterface({ input: peer.#process.stdout })[Symbol.asyncIterator]();
    const { value } = await peer.#lines.next();
    if (value !== 'ready') throw new Error(`bench/diffusers-peer.py did not start: ${value}`);
    return peer;
  }

  async time(way) {
    this.#process.stdin.write(`${way}\n`);
    const { value } = await this.#lines.next();
    return Number(value);
  }

  end() {
    this.#process.stdin.end();
  }
}
