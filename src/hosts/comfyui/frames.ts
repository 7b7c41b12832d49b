/** What a binary message of ComfyUI's socket is; its numbers are unsigned, of 32 bits, the highest byte first. */
export type Frame =
  /** a picture file, `node` only where the message tells it */
  | {
      readonly type: 'picture';
      readonly bytes: Buffer;
      readonly isPng: boolean;
      readonly node?: string;
      readonly prompt?: string;
    }
  /** text for people, or of a kind that is not known here */
  | { readonly type: 'other' };

const preview = 1;
const previewWithFacts = 4;
const png = 2;

const other: Frame = { type: 'other' };

/** Reads a binary message; what is cut off or garbled is `other`. */
export function parseFrame(message: Buffer): Frame {
  if (message.length < 8) return other;
  const kind = message.readUInt32BE(0);
  const second = message.readUInt32BE(4);
  if (kind === preview) return { type: 'picture', isPng: second === png, bytes: message.subarray(8) };
  if (kind !== previewWithFacts || message.length < 8 + second) return other;
  const facts = parseFacts(message.toString('utf8', 8, 8 + second));
  return facts ? { type: 'picture', ...facts, bytes: message.subarray(8 + second) } : other;
}

function parseFacts(text: string) {
  try {
    const { real_node_id: real, node_id: node, prompt_id: prompt, image_type: format } = JSON.parse(text) ?? {};
    const name = real ?? node;
    return {
      isPng: format === 'image/png',
      ...(typeof name === 'string' && { node: name }),
      ...(typeof prompt === 'string' && { prompt }),
    };
  } catch {
    return undefined;
  }
}
