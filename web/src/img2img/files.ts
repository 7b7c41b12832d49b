import { setStart } from './start-store.js';

/** The file behind the picture's object URL: the page's policy lets it show such an address, and not fetch it. */
let own: { readonly url: string; readonly file: File } | undefined;

/** The bytes of a picture to start from, as a data URL. */
export async function dataUrlOf(url: string): Promise<string> {
  if (own?.url === url) return await readAsDataUrl(own.file);
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Error('The picture to start from is not there any more: choose another one.');
  return await readAsDataUrl(await response.blob());
}

function readAsDataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error('The file cannot be read: choose it again.'));
    reader.readAsDataURL(file);
  });
}

/** Starts from a file that was dropped, pasted or chosen; whether it is a picture. */
export function startFrom(file: File | null | undefined): boolean {
  if (!file?.type.startsWith('image/')) return false;
  if (own) URL.revokeObjectURL(own.url);
  own = { url: URL.createObjectURL(file), file };
  setStart({ url: own.url, name: file.name || 'pasted picture' });
  return true;
}
