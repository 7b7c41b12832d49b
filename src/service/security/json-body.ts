import { firstLineOf } from '../../util/error-message.js';
import { TaskRunner } from '../../util/task-runner.js';
import { HttpError } from '../http-error.js';

type JsonReply = { readonly value: unknown } | { readonly problem: string };

/** Commas and opening brackets of a body, outside of texts. */
const maxValues = 100_000;
const maxNesting = 64;
const [quote, backslash, comma] = [...Buffer.from('"\\,')];
const [opening, closing] = [new Set(Buffer.from('[{')), new Set(Buffer.from(']}'))];

/** Bytes of a body up to which it is parsed at once: that takes a few milliseconds. */
const maxInlineBytes = 64 * 1024;

const thread = new TaskRunner<Uint8Array, JsonReply>(new URL('./json-worker.js', import.meta.url), {
  work: 'Reading the request',
});

/**
 * Parses the JSON of a request.
 * @throws HttpError 400 when it is not valid, nested too deep, or of too many values
 */
export async function parseJsonBody(body: Buffer): Promise<unknown> {
  const reply =
    body.length <= maxInlineBytes
      ? parseJson(body)
      : await thread.run(body, { transferred: ownsMemory(body) ? [body.buffer] : [] });
  if ('problem' in reply) throw new HttpError(400, reply.problem);
  return reply.value;
}

/** Whether the bytes can be handed to a thread without a copy. */
function ownsMemory(body: Buffer): body is Buffer<ArrayBuffer> {
  return body.buffer instanceof ArrayBuffer && body.buffer.byteLength === body.byteLength;
}

/** Parses JSON whose structure is within the limits, and without keys that change an object's prototype. */
export function parseJson(body: Uint8Array): JsonReply {
  const problem = structureProblem(body);
  if (problem !== undefined) return { problem };
  try {
    return { value: JSON.parse(new TextDecoder().decode(body), refusePrototypes) };
  } catch (error) {
    return { problem: `The body is not valid JSON: ${firstLineOf(error)}.` };
  }
}

function structureProblem(body: Uint8Array): string | undefined {
  let [values, depth, inText] = [0, 0, false];
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0;
    if (byte === quote) inText = !inText;
    else if (inText) {
      if (byte === backslash) i++;
    } else if (byte === comma) values++;
    else if (opening.has(byte)) {
      values++;
      if (++depth > maxNesting) return `The body is nested deeper than ${maxNesting} levels.`;
    } else if (closing.has(byte)) depth--;
    if (values > maxValues) return `The body has more than ${maxValues} values.`;
  }
  return undefined;
}

function refusePrototypes(key: string, value: unknown): unknown {
  const isConstructor = key === 'constructor' && typeof value === 'object' && value !== null && 'prototype' in value;
  if (key === '__proto__' || isConstructor) throw new Error(`the key ${key} is not allowed`);
  return value;
}
