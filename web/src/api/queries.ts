import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { request } from './client.js';
import type {
  AboutShape,
  AnimationShape,
  FoundHostShape,
  HostKindShape,
  HostShape,
  JobShape,
  LookShape,
} from './types.js';

/** The keys of the query cache. */
export const keys = {
  about: ['about'] as const,
  looks: ['looks'] as const,
  job: (id: string) => ['jobs', id] as const,
  active: ['jobs', 'active'] as const,
  recent: ['jobs', 'recent'] as const,
  hosts: ['hosts'] as const,
  foundHosts: ['hosts', 'found'] as const,
  renders: (id: string) => ['renders', id] as const,
  animations: ['animations'] as const,
};

/** What the service offers; the forms are built from it. */
export function useAbout() {
  return useQuery({ queryKey: keys.about, queryFn: ({ signal }) => request<AboutShape>('/about', { signal }) });
}

/** The looks of movies: those that come with the program, then the user's own. */
export function useLooks() {
  return useQuery({
    queryKey: keys.looks,
    queryFn: async ({ signal }) => (await request<{ looks: LookShape[] }>('/looks', { signal })).looks,
  });
}

export function useJob(id: string | undefined) {
  return useQuery({
    queryKey: keys.job(id ?? ''),
    queryFn: ({ signal }) => request<JobShape>(`/jobs/${id}`, { signal }),
    enabled: id !== undefined,
  });
}

/** The hosts in order of preference, and the kinds of hosts that can be added. */
export function useHosts() {
  return useQuery({
    queryKey: keys.hosts,
    queryFn: ({ signal }) => request<{ hosts: HostShape[]; kinds: HostKindShape[] }>('/hosts', { signal }),
  });
}

/** Other hosts that run on the service's machine; loaded by `refetch` only. */
export function useFoundHosts() {
  return useQuery({
    queryKey: keys.foundHosts,
    queryFn: async ({ signal }) => (await request<{ hosts: FoundHostShape[] }>('/hosts/found', { signal })).hosts,
    enabled: false,
  });
}

/** The running jobs, then the queued ones in order. */
export function useActiveJobs() {
  return useQuery({
    queryKey: keys.active,
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(
        ['running', 'queued'].map((state) => request<{ jobs: JobShape[] }>(`/jobs?state=${state}`, { signal })),
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

/** The movies of the library, in pages. */
export function useAnimations(filter: AnimationFilter) {
  return useInfiniteQuery({
    queryKey: [...keys.animations, filter],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => {
      const filters = Object.entries(filter).filter(([, value]) => value);
      const query = new URLSearchParams({
        ...Object.fromEntries(filters),
        ...{ offset: String(pageParam), limit: String(pageSize) },
      });
      return request<{ entries: AnimationShape[]; total: number }>(`/animations?${query}`, { signal });
    },
    getNextPageParam: ({ total }, pages) => {
      const loaded = pages.reduce((sum, { entries }) => sum + entries.length, 0);
      return loaded < total ? loaded : undefined;
    },
  });
}

/** The render jobs of a job's steps, newest first, including unfinished ones. */
export function useRenders({ id }: JobShape): readonly JobShape[] {
  const { data } = useQuery({
    queryKey: keys.renders(id),
    queryFn: async ({ signal }) => {
      const { jobs } = await request<{ jobs: JobShape[] }>('/jobs?limit=200', { signal });
      return jobs.filter(({ kind, options }) => kind === 'render' && options.of === id);
    },
  });
  return data ?? [];
}
