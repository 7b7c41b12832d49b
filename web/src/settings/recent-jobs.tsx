import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { showJob } from '../run/run-store.js';
import { tellError } from '../run/use-generate.js';
import { titleOf } from './job-title.js';

const colours: Partial<Record<JobShape['state'], string>> = { finished: 'teal', failed: 'red', interrupted: 'yellow' };

/** The last jobs that have ended, to be looked at, made once more, or forgotten. */
export function RecentJobs() {
  const queries = useQueryClient();
  const { data: jobs = [] } = useQuery({
    queryKey: keys.recent,
    queryFn: async ({ signal }) => (await ask<{ jobs: JobShape[] }>('/jobs?limit=20', { signal })).jobs,
  });
  const change = useMutation({
    mutationFn: ({ path, method }: { path: string; method: 'POST' | 'DELETE' }) => ask(path, { method }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
    onError: tellError,
  });
  const ended = jobs.filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing has been made yet.
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      {ended.map((job) => (
        <Group key={job.id} gap="xs" wrap="wrap">
          <Badge variant="light" color={colours[job.state] ?? 'gray'} c="var(--mantine-color-text)" w={104}>
            {job.state}
          </Badge>
          <Text size="sm" truncate flex="1 1 10rem" title={job.error ?? ''}>
            {titleOf(job)}
            {job.error && (
              <Text span size="xs" c="dimmed">
                {` (${job.error})`}
              </Text>
            )}
          </Text>
          {job.kind !== 'render' && (
            <Button variant="subtle" size="compact-xs" onClick={() => show(job)}>
              Show
            </Button>
          )}
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => change.mutate({ path: `/jobs/${job.id}/again`, method: 'POST' })}
          >
            Once more
          </Button>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => change.mutate({ path: `/jobs/${job.id}`, method: 'DELETE' })}
          >
            Forget
          </Button>
        </Group>
      ))}
    </Stack>
  );
}

function show({ id, kind }: JobShape): void {
  if (kind === 'render') return;
  showJob(kind, id);
  location.hash = kind;
}
