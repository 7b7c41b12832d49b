import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape, NewJobShape } from '../api/types.js';
import { tabOf } from '../form/fill-form.js';
import type { Tab } from '../form/form-store.js';
import { notifyError } from '../ui/notifications.js';
import { createStore, withStorage } from '../ui/store.js';

/** The id of the job that each tab shows, kept in the session storage so that it survives a reload. */
const shownJobs = { txt2img: createShownJob('txt2img'), img2img: createShownJob('img2img') };

function createShownJob(tab: Tab) {
  const key = `steps-animation.${tab}.job`;
  return createStore(
    withStorage(() => sessionStorage.getItem(key) ?? undefined),
    (id) => withStorage(() => id !== undefined && sessionStorage.setItem(key, id)),
  );
}

/** Jobs to show after the one that is shown has ended, by tab. */
const nextJobs: Record<Tab, string[]> = { txt2img: [], img2img: [] };

export function useShownJob(tab: Tab): string | undefined {
  return shownJobs[tab].useValue();
}

/** Shows the next job that was queued in a tab, if there is one. */
export function showNextJob(tab: Tab): void {
  const next = nextJobs[tab].shift();
  if (next !== undefined) shownJobs[tab].set(next);
}

/** Shows a job in its tab, and opens the tab. */
export function openJob(job: JobShape): void {
  const tab = tabOf(job);
  shownJobs[tab].set(job.id);
  location.hash = tab;
}

/**
 * Queues a job and shows it in the tab.
 * @param isBusy whether the tab shows an unfinished job, which stays until it has ended
 */
export function useSubmit(tab: Tab, isBusy: boolean) {
  const cache = useCacheNewJob();
  return useMutation({
    mutationFn: (job: NewJobShape) => request<JobShape>('/jobs', { method: 'POST', body: job }),
    onSuccess: (job) => {
      cache(job);
      if (!isBusy) return shownJobs[tab].set(job.id);
      nextJobs[tab].push(job.id);
      notifications.show({ message: 'Added to the queue. It is shown here when the current job has ended.' });
    },
    onError: notifyError,
  });
}

/** Queues the same job again and shows it in its tab. */
export function useRunAgain(job: JobShape) {
  const cache = useCacheNewJob();
  return useMutation({
    mutationFn: () => request<JobShape>(`/jobs/${job.id}/again`, { method: 'POST' }),
    onSuccess: (again) => {
      cache(again);
      shownJobs[tabOf(job)].set(again.id);
    },
    onError: notifyError,
  });
}

/** Caches a job, unless an event has brought a newer state of it already. */
function useCacheNewJob() {
  const queries = useQueryClient();
  return (job: JobShape) =>
    queries.setQueryData(keys.job(job.id), (known: JobShape | undefined): JobShape => known ?? job);
}

/** Removes a job from the queue, or interrupts it after the current step. */
export function useCancel() {
  return useJobAction('cancel');
}

/** Ends the images that are being sampled and continues with the next ones of the job. */
export function useSkip() {
  return useJobAction('skip');
}

function useJobAction(action: 'cancel' | 'skip') {
  return useMutation({
    mutationFn: (id: string) => request<JobShape>(`/jobs/${id}/${action}`, { method: 'POST' }),
    onError: notifyError,
  });
}
