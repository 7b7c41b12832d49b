import type { QueryClient } from '@tanstack/react-query';
import { keys } from './queries.js';
import type { EventShape, JobShape } from './types.js';

const jobEvents = ['queued', 'started', 'moved', 'ended', 'image', 'animation', 'note', 'progress', 'step', 'deleted'];

/**
 * Subscribes to the events of all jobs and updates the query cache. The browser reconnects by itself; after that all
 * queries are refreshed, because events may have been missed.
 * @param onConnection called when the connection is opened or lost
 * @param onEnded called with each job that ends
 * @returns a function that unsubscribes
 */
export function followJobs(
  queries: QueryClient,
  onConnection: (connected: boolean) => void,
  onEnded: (job: JobShape) => void,
): () => void {
  const source = new EventSource('/api/v1/events');
  let wasLost = false;
  source.addEventListener('open', () => {
    onConnection(true);
    if (wasLost) void queries.invalidateQueries();
    wasLost = false;
  });
  source.addEventListener('error', () => {
    wasLost = true;
    onConnection(false);
  });
  for (const type of jobEvents) {
    source.addEventListener(type, ({ data }) => {
      const event = JSON.parse(data) as EventShape;
      applyEvent(queries, event);
      if (event.type === 'ended') onEnded(event.job);
    });
  }
  return () => source.close();
}

function applyEvent(queries: QueryClient, event: EventShape): void {
  switch (event.type) {
    case 'progress':
      updateJob(queries, event.id, (job) => ({ ...job, progress: event.progress }));
      break;
    case 'step':
      updateJob(queries, event.id, (job) => withStep(job, event));
      break;
    case 'deleted':
      forgetJob(queries, event.id);
      void queries.invalidateQueries({ queryKey: keys.active });
      break;
    default:
      queries.setQueryData(keys.job(event.job.id), event.job);
      if (event.type !== 'image' && event.type !== 'note') void queries.invalidateQueries({ queryKey: keys.active });
      if (event.job.options.of !== null)
        void queries.invalidateQueries({ queryKey: keys.renders(event.job.options.of) });
      if (event.type === 'ended') {
        void queries.invalidateQueries({ queryKey: keys.animations });
        void queries.invalidateQueries({ queryKey: keys.recent });
      }
  }
}

/** Forgets a job that is gone: it is not asked for again, nor are the pictures that lists show of it. */
export function forgetJob(queries: QueryClient, id: string): void {
  queries.removeQueries({ queryKey: keys.job(id) });
  queries.setQueryData<JobShape[]>(keys.recent, (jobs) => jobs?.filter((job) => job.id !== id));
}

function updateJob(queries: QueryClient, id: string, change: (job: JobShape) => JobShape): void {
  queries.setQueryData<JobShape>(keys.job(id), (job) => job && change(job));
  queries.setQueryData<JobShape[]>(keys.active, (jobs) => jobs?.map((job) => (job.id === id ? change(job) : job)));
}

function withStep(job: JobShape, { image, step, url }: Extract<EventShape, { type: 'step' }>): JobShape {
  const images = job.images.map((each) =>
    each.index === image && !each.steps.some((kept) => kept.step === step)
      ? { ...each, steps: [...each.steps, { step, url }].sort((a, b) => a.step - b.step) }
      : each,
  );
  return { ...job, images };
}
