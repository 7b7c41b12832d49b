const trailer = 0x3b;
const extensionIntroducer = 0x21;
const commentLabel = 0xfe;
const imageSeparator = 0x2c;
/** Bytes of text in one sub-block. */
const maxBlockBytes = 255;

/**
 * Returns a copy of a GIF file with a comment in UTF-8 (GIF89a specification, section 24). It comes before the images:
 * FFmpeg takes one after them for a further frame.
 */
export function withGifComment(gif: Uint8Array, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += maxBlockBytes) {
    const block = bytes.subarray(at, at + maxBlockBytes);
    blocks.push(Buffer.from([block.length]), block);
  }
  const start = 13 + colourTableBytes(gif[10]);
  const comment = [Buffer.from([extensionIntroducer, commentLabel]), ...blocks, Buffer.from([0])];
  return Buffer.concat([gif.subarray(0, start), ...comment, gif.subarray(start)]);
}

/** Reads the last comment of a GIF file; undefined if there is none. */
export function readGifComment(gif: Buffer): string | undefined {
  if (!gif.toString('latin1', 0, 3).startsWith('GIF')) return undefined;
  let at = 13 + colourTableBytes(gif[10]);
  let comment: string | undefined;
  while (at < gif.length && gif[at] !== trailer) {
    const kind = gif[at];
    const isComment = kind === extensionIntroducer && gif[at + 1] === commentLabel;
    if (kind === imageSeparator) at += 11 + colourTableBytes(gif[at + 9]);
    else if (kind === extensionIntroducer) at += 2;
    else return comment;
    const { text, end } = subBlocks(gif, at);
    if (isComment) comment = text;
    at = end;
  }
  return comment;
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function subBlocks(gif: Buffer, start: number): { text: string; end: number } {
  const parts: Buffer[] = [];
  let at = start;
  for (let length = gif[at] ?? 0; length > 0; length = gif[at] ?? 0) {
    parts.push(gif.subarray(at + 1, at + 1 + length));
    at += length + 1;
  }
  return { text: Buffer.concat(parts).toString('utf8'), end: at + 1 };
}
