import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ask } from './client.js';
import type { AboutShape, AnimationShape, FoundHostShape, HostKindShape, HostShape, JobShape } from './types.js';

/** The keys under which answers are kept. */
export const keys = {
  about: ['about'] as const,
  job: (id: string) => ['jobs', id] as const,
  active: ['jobs', 'active'] as const,
  recent: ['jobs', 'recent'] as const,
  hosts: ['hosts'] as const,
  foundHosts: ['hosts', 'found'] as const,
  renders: (id: string) => ['renders', id] as const,
  animations: ['animations'] as const,
};

/** What the service is and can do; the forms are made of it. */
export function useAbout() {
  return useQuery({ queryKey: keys.about, queryFn: ({ signal }) => ask<AboutShape>('/about', { signal }) });
}

export function useJob(id: string | undefined) {
  return useQuery({
    queryKey: keys.job(id ?? ''),
    queryFn: ({ signal }) => ask<JobShape>(`/jobs/${id}`, { signal }),
    enabled: id !== undefined,
  });
}

/** What makes the images, those that are preferred first, and the kinds of others that there may be. */
export function useHosts() {
  return useQuery({
    queryKey: keys.hosts,
    queryFn: ({ signal }) => ask<{ hosts: HostShape[]; kinds: HostKindShape[] }>('/hosts', { signal }),
  });
}

/** What else answers on the service's machine; looked for when it is asked. */
export function useFoundHosts() {
  return useQuery({
    queryKey: keys.foundHosts,
    queryFn: async ({ signal }) => (await ask<{ hosts: FoundHostShape[] }>('/hosts/found', { signal })).hosts,
    enabled: false,
  });
}

/** The jobs that are running, and those that wait, in their order. */
export function useActiveJobs() {
  return useQuery({
    queryKey: keys.active,
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(
        ['running', 'queued'].map((state) => ask<{ jobs: JobShape[] }>(`/jobs?state=${state}`, { signal })),
      );
      return lists.flatMap(({ jobs }) => jobs);
    },
  });
}

export type AnimationFilter = {
  readonly text: string;
  readonly codec: string | null;
  readonly sampler: string | null;
  readonly model: string | null;
};

const pageSize = 48;

/** Finished movies, page by page. */
export function useAnimations(filter: AnimationFilter) {
  return useInfiniteQuery({
    queryKey: [...keys.animations, filter],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => {
      const given = Object.entries(filter).filter(([, value]) => value);
      const query = new URLSearchParams({
        ...Object.fromEntries(given),
        ...{ offset: String(pageParam), limit: String(pageSize) },
      });
      return ask<{ entries: AnimationShape[]; total: number }>(`/animations?${query}`, { signal });
    },
    getNextPageParam: ({ total }, pages) => {
      const read = pages.reduce((sum, { entries }) => sum + entries.length, 0);
      return read < total ? read : undefined;
    },
  });
}
