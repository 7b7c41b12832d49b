import { notifications } from '@mantine/notifications';
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { forgetJob } from '../api/events.js';
import { keys, useAbout } from '../api/queries.js';
import type { JobImage, JobShape, NewJobShape } from '../api/types.js';
import { tabOf } from '../form/fill-form.js';
import type { Tab } from '../form/form-store.js';
import { notifyError } from '../ui/notifications.js';
import { createStore, withStorage } from '../ui/store.js';
import { words } from '../words/words.js';

/** How many variations of an image are made at once. */
const variationCount = 4;

/** The id of the job that each tab shows, kept in the session storage so that it survives a reload. */
const shownJobs = { txt2img: createStoredId('txt2img.job'), img2img: createStoredId('img2img.job') };

function createStoredId(name: string) {
  const key = `steps-animation.${name}`;
  return createStore(
    withStorage(() => sessionStorage.getItem(key) ?? undefined),
    (id) => withStorage(() => (id === undefined ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, id))),
  );
}

/** The id of the last job of each tab that made a picture: it stays on the stage when a later one fails. */
const results = { txt2img: createStoredId('txt2img.result'), img2img: createStoredId('img2img.result') };

/** Jobs to show after the one that is shown has ended, by tab: ids with spaces between them. */
const nextJobs = { txt2img: createStoredId('txt2img.next'), img2img: createStoredId('img2img.next') };

export function useShownJob(tab: Tab): string | undefined {
  return shownJobs[tab].useValue();
}

export function useLastResult(tab: Tab): string | undefined {
  return results[tab].useValue();
}

export function setLastResult(tab: Tab, id: string): void {
  results[tab].set(id);
}

/** Shows the next job that was queued in a tab, if there is one. */
export function showNextJob(tab: Tab): void {
  const [next, ...others] = (nextJobs[tab].get() ?? '').split(' ');
  if (!next) return;
  nextJobs[tab].set(others.join(' '));
  shownJobs[tab].set(next);
}

/** Shows what is being made in a tab that shows nothing, as after the browser was closed. */
export function showRunning(tab: Tab, jobs: readonly JobShape[]): void {
  const running = jobs.find((job) => job.state === 'running' && job.kind !== 'render' && tabOf(job) === tab);
  if (running && shownJobs[tab].get() === undefined) shownJobs[tab].set(running.id);
}

/** Shows the last result in place of a job that is being removed. */
export function hideJob(id: string): void {
  for (const tab of ['txt2img', 'img2img'] as const) {
    if (results[tab].get() === id) results[tab].set(undefined);
    if (shownJobs[tab].get() === id) shownJobs[tab].set(results[tab].get());
  }
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
      nextJobs[tab].set(`${nextJobs[tab].get() ?? ''} ${job.id}`.trim());
      notifications.show({ message: words().form.added });
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

/** Throws a job away: it is stopped, and then removed with everything that it made. */
export function useDiscard() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id }: JobShape) => {
      await request(`/jobs/${id}/cancel`, { method: 'POST' });
      // Before its end: what it made until then is not shown any more.
      hideJob(id);
      const { animations } = await ended(queries, id);
      await queries.cancelQueries({ queryKey: keys.recent });
      forgetJob(queries, id);
      for (const movie of animations) await request(`/animations/${movie.id}`, { method: 'DELETE' });
      await request(`/jobs/${id}`, { method: 'DELETE' });
      void queries.invalidateQueries({ queryKey: ['jobs'] });
      void queries.invalidateQueries({ queryKey: keys.animations });
    },
    onError: notifyError,
  });
}

/** Resolves when an event has brought the end of a job. */
async function ended(queries: QueryClient, id: string): Promise<JobShape> {
  return await new Promise((resolve) => {
    const check = () => {
      const job = queries.getQueryData<JobShape>(keys.job(id));
      if (!job || job.endedAt === null) return false;
      resolve(job);
      return true;
    };
    if (check()) return;
    const stop = queries.getQueryCache().subscribe(() => {
      if (check()) stop();
    });
  });
}

/** Queues four variations of an image; undefined where that is not possible. */
export function useVariations(job: JobShape, { seed }: JobImage) {
  const { data: about } = useAbout();
  const tab = tabOf(job);
  const submit = useSubmit(tab, false);
  const isPossible = about?.options.generation.some(({ name }) => name === 'variationStrength');
  if (job.kind !== 'txt2img' || !isPossible) return undefined;
  const { generation, animation } = job.options;
  const varied = { variationSeed: -1, variationStrength: 0.25, batchCount: variationCount, batchSize: 1 };
  const mutate = () =>
    submit.mutate({ kind: 'txt2img', generation: { ...(generation ?? {}), seed, ...varied }, animation });
  return { isPending: submit.isPending, mutate };
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
