import { readFile, writeFile } from 'node:fs/promises';
import { PbfReader } from 'pbf';

type Field = { readonly number: number; readonly type: number; readonly bytes: Uint8Array };

/** Moves the weights of an ONNX file into `<file>_data`, as exporters do with those of large models. */
export async function moveWeightsOut(file: string): Promise<void> {
  const weights: Uint8Array[] = [];
  const model = await readFile(file);
  const moved = mapField(model, 7, (graph) => mapField(graph, 5, (tensor) => moveOut(tensor, weights)));
  await writeFile(`${file}_data`, Buffer.concat(weights));
  await writeFile(file, moved);
}

/** Changes the values of some tensors, by their names; only of those with `raw_data`. */
export async function changeTensors(
  file: string,
  change: (name: string, raw: Uint8Array) => Uint8Array,
): Promise<void> {
  const changed = (tensor: Uint8Array) => mapField(tensor, 9, (raw) => change(nameOf(tensor), raw));
  await writeFile(
    file,
    mapField(await readFile(file), 7, (graph) => mapField(graph, 5, changed)),
  );
}

function moveOut(tensor: Uint8Array, weights: Uint8Array[]): Uint8Array {
  const fields = fieldsOf(tensor);
  const raw = fields.find(({ number }) => number === 9);
  if (!raw) return tensor;
  const offset = weights.reduce((sum, { length }) => sum + length, 0);
  weights.push(raw.bytes);
  const entries = { location: 'model.onnx_data', offset, length: raw.bytes.length };
  return join([
    ...fields.filter((field) => field !== raw),
    ...Object.entries(entries).map(([key, value]) => {
      const texts = [key, String(value)].map((text, i) => ({ number: i + 1, type: 2, bytes: Buffer.from(text) }));
      return { number: 13, type: 2, bytes: join(texts) };
    }),
    { number: 14, type: 0, bytes: Uint8Array.of(1) },
  ]);
}

function nameOf(tensor: Uint8Array): string {
  const name = fieldsOf(tensor).find(({ number }) => number === 8);
  return Buffer.from(name?.bytes ?? []).toString();
}

function mapField(message: Uint8Array, number: number, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const fields = fieldsOf(message);
  return join(fields.map((field) => (field.number === number ? { ...field, bytes: change(field.bytes) } : field)));
}

function fieldsOf(message: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  new PbfReader(message).readFields((number, _, reader) => {
    const { type, pos: start } = reader;
    if (type === 2) fields.push({ number, type, bytes: reader.readBytes() });
    else {
      reader.skip(type);
      fields.push({ number, type, bytes: message.subarray(start, reader.pos) });
    }
  }, undefined);
  return fields;
}

function join(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(({ number, type, bytes }) => [
      varint((number << 3) | type),
      ...(type === 2 ? [varint(bytes.length)] : []),
      bytes,
    ]),
  );
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Uint8Array.from(bytes);
}
