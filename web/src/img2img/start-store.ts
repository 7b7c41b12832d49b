import { useSyncExternalStore } from 'react';

/** The picture that img2img starts from, by its address: a path of the service, or an object URL of a file. */
export type Start = { readonly url: string; readonly name: string };

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
  current = start;
  for (const listener of listeners) listener();
}
