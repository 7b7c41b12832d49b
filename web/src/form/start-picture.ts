import { createStore } from '../ui/store.js';
import { words } from '../words/words.js';

/** The picture that img2img starts from. */
export type StartPicture = {
  /** for display: a path of the service, or an object URL of the file */
  readonly url: string;
  readonly name: string;
  /** set if the user chose a file: the content security policy forbids fetching object URLs */
  readonly file?: File;
};

/** A mask as a PNG data URL: white where the picture at `url` is regenerated. */
type Mask = { readonly url: string; readonly dataUrl: string };

const picture = createStore<StartPicture | undefined>(undefined, (next, previous) => {
  if (previous?.file && previous.url !== next?.url) URL.revokeObjectURL(previous.url);
});
const mask = createStore<Mask | undefined>(undefined);

export const useStartPicture = picture.useValue;
export const setStartPicture = picture.set;

/** The mask of the start picture at `url`, if there is one. */
export function useMask(url: string | undefined): string | undefined {
  const current = mask.useValue();
  return current?.url === url ? current?.dataUrl : undefined;
}

/** @param dataUrl undefined removes the mask */
export function setMask(url: string, dataUrl: string | undefined): void {
  mask.set(dataUrl === undefined ? undefined : { url, dataUrl });
}

/** Starts from a file that was dropped, pasted or chosen. @returns whether it is a picture */
export function setStartFile(file: File | null | undefined): boolean {
  if (!file?.type.startsWith('image/')) return false;
  setStartPicture({ url: URL.createObjectURL(file), name: file.name || 'pasted picture', file });
  return true;
}

/** @throws Error if the picture cannot be read any more */
export async function readAsDataUrl({ url, file }: StartPicture): Promise<string> {
  const blob = file ?? (await download(url));
  return await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(words().picture.unreadable));
    reader.readAsDataURL(blob);
  });
}

async function download(url: string): Promise<Blob> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Error(words().picture.gone);
  return await response.blob();
}
