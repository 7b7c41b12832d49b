import { notifications } from '@mantine/notifications';
import type { JobShape } from '../api/types.js';
import { jobTitle } from '../run/progress-text.js';
import { createStore, withStorage } from '../ui/store.js';
import { words } from '../words/words.js';

const key = 'steps-animation.notify';
const wanted = createStore(withStorage(() => localStorage.getItem(key)) === 'true', (value) =>
  withStorage(() => localStorage.setItem(key, String(value))),
);

/** Whether the browser has notifications at all: it has none for pages without encryption, but for this machine. */
export const canNotify = (): boolean => 'Notification' in window;

/** Whether to say when a job is done and the page is in the background. */
export function useNotify(): boolean {
  return wanted.useValue() && canNotify() && Notification.permission === 'granted';
}

/** Turns notifications on or off; the browser asks for consent the first time. */
export async function setNotify(isOn: boolean): Promise<void> {
  if (!isOn) return wanted.set(false);
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') notifications.show({ message: words().queue.notifyDenied });
  wanted.set(permission === 'granted');
}

/** Says that a job has ended, if that is wanted and the page is in the background. */
export function notifyEnded(job: JobShape): void {
  if (!wanted.get() || !document.hidden || !canNotify() || Notification.permission !== 'granted') return;
  if (job.state === 'cancelled') return;
  const { queue } = words();
  const picture = job.images.at(-1)?.url;
  const title = job.state === 'failed' ? queue.failed : queue.done;
  const notification = new Notification(title, {
    body: jobTitle(job),
    tag: job.id,
    ...(picture ? { icon: picture } : {}),
  });
  notification.onclick = () => window.focus();
}
