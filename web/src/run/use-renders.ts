import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape } from '../api/types.js';

/** Further movies of a job's steps, the newest first, also those that are still being made. */
export function useRenders({ id }: JobShape): readonly JobShape[] {
  const { data } = useQuery({
    queryKey: keys.renders(id),
    queryFn: async ({ signal }) => {
      const { jobs } = await ask<{ jobs: JobShape[] }>('/jobs?limit=200', { signal });
      return jobs.filter(({ kind, options }) => kind === 'render' && options.of === id);
    },
  });
  return data ?? [];
}
