/// <reference lib="dom" />
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Locator } from 'playwright-core';

/** Drops a file on an element, as from the desktop. */
export async function dropFile(target: Locator, path: string, type: string): Promise<void> {
  const file = { name: basename(path), type, bytes: (await readFile(path)).toString('base64') };
  const dataTransfer = await target.page().evaluateHandle(({ name, type, bytes }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
    return transfer;
  }, file);
  for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer });
}
