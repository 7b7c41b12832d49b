import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape, NewJobShape } from '../api/types.js';
import type { Tab } from '../form/form-store.js';
import { showJob, showNext } from './run-store.js';

/** Tells what went wrong, in the words of the service. */
export function tellError(error: Error): void {
  notifications.show({ color: 'red', title: 'That did not work', message: error.message, autoClose: 10_000 });
}

/**
 * Puts a job into the queue, and shows it in the tab.
 * @param isBusy whether the tab shows a job that has not ended, which stays until then
 */
export function useSubmit(tab: Tab, isBusy: boolean) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (job: NewJobShape) => ask<JobShape>('/jobs', { method: 'POST', body: job }),
    onSuccess: (job) => {
      queries.setQueryData(keys.job(job.id), (known: JobShape | undefined) => known ?? job);
      if (!isBusy) return showJob(tab, job.id);
      showNext(tab, job.id);
      notifications.show({ message: 'That waits in the queue. It is shown here when this one has ended.' });
    },
    onError: tellError,
  });
}

/** Takes a job out of the queue, or stops it after the step at hand. */
export function useCancel() {
  return useMutation({
    mutationFn: (id: string) => ask<JobShape>(`/jobs/${id}/cancel`, { method: 'POST' }),
    onError: tellError,
  });
}

/** Ends the images that are being sampled, and goes on with the job's next ones. */
export function useSkip() {
  return useMutation({
    mutationFn: (id: string) => ask<JobShape>(`/jobs/${id}/skip`, { method: 'POST' }),
    onError: tellError,
  });
}
