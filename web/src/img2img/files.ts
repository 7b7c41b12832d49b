import { type Start, setStart } from './start-store.js';

/** The bytes of a picture to start from, as a data URL. */
export async function dataUrlOf({ url, file }: Start): Promise<string> {
  if (file) return await readAsDataUrl(file);
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
  setStart({ url: URL.createObjectURL(file), name: file.name || 'pasted picture', file });
  return true;
}
