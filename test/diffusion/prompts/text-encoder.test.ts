import { cp, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TextEncoder } from '#src/diffusion/prompts/text-encoder.js';
import { changeTensors, moveWeightsOut } from '../../helpers/onnx.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { pathOf } from '../pipelines/golden.js';

const ids = [5, 9, 7];

/** A copy of a pipeline, whose text encoder may be changed before it is used. */
async function copyOf(pipeline: string, change: (file: string) => Promise<void>): Promise<string> {
  const path = join(await temporaryFolder(), pipeline);
  for (const part of ['text_encoder', 'tokenizer']) {
    await cp(join(pathOf(pipeline), part), join(path, part), { recursive: true });
  }
  await change(join(path, 'text_encoder', 'model.onnx'));
  return path;
}

/** The hidden states of a few tokens. */
async function encode(path: string, skipped: number): Promise<Float32Array> {
  await using encoder = await TextEncoder.load(path, 'text_encoder', { device: 'cpu', threads: 1 });
  return (await encoder.encode(ids, skipped, true)).hidden.data;
}

describe('clip skip', () => {
  it.each(['sd15', 'sd15-half', 'sd21-v'])(
    'is the same whether the weights of %s lie in another file or not',
    async (name) => {
      const moved = await copyOf(name, moveWeightsOut);
      expect(await readFile(join(moved, 'text_encoder', 'model.onnx_data'))).not.toHaveLength(0);
      expect(await encode(moved, 1)).toEqual(await encode(pathOf(name), 1));
    },
  );

  it.each<[string, RegExp, (file: string) => Promise<void>]>([
    ['are gone', /keeps .*final_layer_norm.* in .*model\.onnx_data, which cannot be read/u, unlink],
    [
      'end too early',
      /has \d+ bytes for .*final_layer_norm\.\w+, which are not \d+ numbers/u,
      (data) => truncate(data, 10),
    ],
  ])('is refused when the weights %s', async (_, message, damage) => {
    const path = await copyOf('sd15', async () => {});
    await using encoder = await TextEncoder.load(path, 'text_encoder', { device: 'cpu', threads: 1 });
    const file = join(path, 'text_encoder', 'model.onnx');
    await moveWeightsOut(file);
    await damage(`${file}_data`);
    const encoded = encoder.encode(ids, 1, true);
    await expect(encoded).rejects.toThrow(message);
    await expect(encoded).rejects.toMatchObject({ code: 'model' });
  });

  it('is refused when a weight is no number', async () => {
    const path = await copyOf('sd15', (file) =>
      changeTensors(file, (name, raw) => (name.endsWith('final_layer_norm.bias') ? raw.map(() => 255) : raw)),
    );
    await expect(encode(path, 1)).rejects.toThrow(/final_layer_norm\.bias, which are not \d+ numbers/u);
  });

  it('is refused when nothing says how many layers there are', async () => {
    const path = await copyOf('sd15', async (file) => await writeFile(join(file, '../config.json'), '{}'));
    await expect(encode(path, 1)).rejects.toThrow(/num_hidden_layers/u);
  });
});
