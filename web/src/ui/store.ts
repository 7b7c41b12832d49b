import { useSyncExternalStore } from 'react';

/** A value outside React that components can subscribe to. */
export type Store<T> = {
  readonly get: () => T;
  readonly set: (value: T) => void;
  /** The current value; the component rerenders when it changes. */
  readonly useValue: () => T;
};

/** @param onChange called before subscribers are notified, for example to persist the value */
export function createStore<T>(initial: T, onChange?: (value: T, previous: T) => void): Store<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  const get = () => current;
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get,
    set: (value) => {
      const previous = current;
      current = value;
      onChange?.(value, previous);
      for (const listener of listeners) listener();
    },
    useValue: () => useSyncExternalStore(subscribe, get),
  };
}

/** Uses the browser's storage, which may be disabled or full: values then last as long as the page. */
export function withStorage<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
