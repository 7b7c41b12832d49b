import type { QueryClient } from '@tanstack/react-query';
import { keys } from './queries.js';
import type { EventShape, JobShape } from './types.js';

const jobEvents = ['queued', 'started', 'moved', 'ended', 'image', 'animation', 'note', 'progress', 'step', 'deleted'];

/**
 * Follows what happens to all jobs and keeps the answers that the page has up to date. The browser connects again by
 * itself; what was missed meanwhile is asked for.
 * @param onConnection told whether the service can be heard
 * @returns ends it
 */
export function followJobs(queries: QueryClient, onConnection: (connected: boolean) => void): () => void {
  const source = new EventSource('/api/v1/events');
  let hasFailed = false;
  source.addEventListener('open', () => {
    onConnection(true);
    if (hasFailed) void queries.invalidateQueries();
    hasFailed = false;
  });
  source.addEventListener('error', () => {
    hasFailed = true;
    onConnection(false);
  });
  for (const type of jobEvents) {
    source.addEventListener(type, ({ data }) => take(queries, JSON.parse(data) as EventShape));
  }
  return () => source.close();
}

function take(queries: QueryClient, event: EventShape): void {
  switch (event.type) {
    case 'progress':
      update(queries, event.id, (job) => ({ ...job, progress: event.progress }));
      break;
    case 'step':
      update(queries, event.id, (job) => withStep(job, event));
      break;
    case 'deleted':
      queries.removeQueries({ queryKey: keys.job(event.id) });
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

function update(queries: QueryClient, id: string, change: (job: JobShape) => JobShape): void {
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
