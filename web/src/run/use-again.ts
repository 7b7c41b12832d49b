import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import type { Tab } from '../form/form-store.js';
import { showJob } from './run-store.js';
import { tellError } from './use-generate.js';

/** The tab whose form a job came from. */
export function tabOf({ kind }: JobShape): Tab {
  return kind === 'img2img' ? 'img2img' : 'txt2img';
}

/** Queues the same once more, and shows it instead. */
export function useAgain(job: JobShape) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask<JobShape>(`/jobs/${job.id}/again`, { method: 'POST' }),
    onSuccess: (again) => {
      queries.setQueryData(keys.job(again.id), (known: JobShape | undefined) => known ?? again);
      showJob(tabOf(job), again.id);
    },
    onError: tellError,
  });
}
