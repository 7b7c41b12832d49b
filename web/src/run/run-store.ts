import { useSyncExternalStore } from 'react';
import type { Tab } from '../form/form-store.js';

const listeners = new Set<() => void>();

function keyOf(tab: Tab): string {
  return `steps-animation.${tab}.job`;
}

/** The job that a tab shows, which outlives a reload of the page. */
export function useShownJob(tab: Tab): string | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => sessionStorage.getItem(keyOf(tab)) ?? undefined,
  );
}

export function showJob(tab: Tab, id: string | undefined): void {
  if (id === undefined) sessionStorage.removeItem(keyOf(tab));
  else sessionStorage.setItem(keyOf(tab), id);
  for (const listener of listeners) listener();
}

/** Jobs that were sent while another was at work, by the tab that shows them in turn. */
const followers: Record<Tab, string[]> = { txt2img: [], img2img: [] };

/** Shows a job when the one that is shown has ended. */
export function showNext(tab: Tab, id: string): void {
  followers[tab].push(id);
}

/** Goes on to the next job that waits to be shown, if there is one. */
export function showFollower(tab: Tab): void {
  const next = followers[tab].shift();
  if (next !== undefined) showJob(tab, next);
}
