import { useSyncExternalStore } from 'react';

/** A mask as a PNG data URL, white where the picture at `url` is painted anew. */
type Mask = { readonly url: string; readonly dataUrl: string };

let current: Mask | undefined;
const listeners = new Set<() => void>();

/** The mask of a picture to start from; another picture has none. It lasts as long as the page. */
export function useMask(url: string | undefined): string | undefined {
  const mask = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return mask?.url === url ? mask?.dataUrl : undefined;
}

export function setMask(url: string, dataUrl: string | undefined): void {
  current = dataUrl === undefined ? undefined : { url, dataUrl };
  for (const listener of listeners) listener();
}
