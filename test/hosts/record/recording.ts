import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { withoutPaths } from './without-paths.js';

/** What went over the wire, as text where it is UTF-8. */
export type Body = { readonly text: string } | { readonly base64: string };

/** Something that happened between a host and its program, `at` milliseconds from the first. */
export type Entry = { readonly at: number } & (
  | {
      readonly type: 'request';
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly body: Body;
    }
  | { readonly type: 'response'; readonly id: number; readonly status: number; readonly body: Body }
  /** of a WebSocket, from 1 in the order in which they were opened */
  | { readonly type: 'open'; readonly socket: number; readonly path: string }
  | { readonly type: 'message'; readonly socket: number; readonly from: 'client' | 'server'; readonly body: Body }
  | { readonly type: 'close'; readonly socket: number; readonly from: 'client' | 'server' | 'recorder' }
);

type WithoutTime<T> = T extends Entry ? Omit<T, 'at'> : never;
export type NewEntry = WithoutTime<Entry>;

/** The traffic of one run of a host with a real program. */
export type Recording = readonly Entry[];

const folder = new URL('../fixtures/', import.meta.url);

const fileOf = (name: string) => new URL(`${name}.jsonl.gz`, folder);

/** @param name such as `comfyui-batch` */
export async function readRecording(name: string): Promise<Recording> {
  const lines = gunzipSync(await readFile(fileOf(name))).toString('utf8');
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Keeps a recording, without the names of the machine. */
export async function writeRecording(name: string, recording: Recording): Promise<void> {
  const lines = recording.map((entry) => `${JSON.stringify('body' in entry ? cleaned(entry) : entry)}\n`);
  await writeFile(fileOf(name), gzipSync(lines.join(''), { level: 9 }));
}

function cleaned<T extends { readonly body: Body }>(entry: T): T {
  return 'text' in entry.body ? { ...entry, body: { text: withoutPaths(entry.body.text) } } : entry;
}

/** The names of all recordings, and how many bytes they take together. */
export async function listRecordings(): Promise<{ readonly names: readonly string[]; readonly bytes: number }> {
  const files = (await readdir(fileURLToPath(folder))).filter((file) => file.endsWith('.jsonl.gz'));
  const contents = await Promise.all(files.map((file) => readFile(new URL(file, folder))));
  const names = files.map((file) => file.replace('.jsonl.gz', ''));
  return { names, bytes: contents.reduce((sum, { length }) => sum + length, 0) };
}

export function bytesOf(body: Body): Buffer {
  return 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
}

export function textOf(body: Body): string {
  return bytesOf(body).toString('utf8');
}

export function bodyOf(bytes: Buffer): Body {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString('base64') };
}
