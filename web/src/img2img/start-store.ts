import { useSyncExternalStore } from 'react';

/** The picture that img2img starts from. */
export type Start = {
  /** to show it by: a path of the service, or an object URL of the file */
  readonly url: string;
  readonly name: string;
  /** where it came from outside: pages that may speak to the service alone cannot fetch object URLs */
  readonly file?: File;
};

let current: Start | undefined;
const listeners = new Set<() => void>();

export function useStart(): Start | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

export function setStart(start: Start | undefined): void {
  if (current?.file && current.url !== start?.url) URL.revokeObjectURL(current.url);
  current = start;
  for (const listener of listeners) listener();
}
