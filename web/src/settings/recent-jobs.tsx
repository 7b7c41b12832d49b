import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { forgetJob } from '../api/events.js';
import { keys } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { hideJob, openJob } from '../run/job-actions.js';
import { jobTitle } from '../run/progress-text.js';
import { notifyError } from '../ui/notifications.js';

const colours: Partial<Record<JobShape['state'], string>> = { finished: 'teal', failed: 'red', interrupted: 'yellow' };

/** The latest jobs that have ended, which can be shown, run again and removed. */
export function RecentJobs() {
  const queries = useQueryClient();
  const { data: jobs = [] } = useQuery({
    queryKey: keys.recent,
    queryFn: async ({ signal }) => (await request<{ jobs: JobShape[] }>('/jobs?limit=20', { signal })).jobs,
  });
  const change = useMutation({
    mutationFn: ({ path, method }: { path: string; method: 'POST' | 'DELETE' }) => request(path, { method }),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.recent }),
    onError: notifyError,
  });
  const ended = jobs.filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No jobs yet.
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
            {jobTitle(job)}
            {job.error && (
              <Text span size="xs" c="dimmed">
                {` (${job.error})`}
              </Text>
            )}
          </Text>
          {job.kind !== 'render' && (
            <Button variant="subtle" size="compact-xs" onClick={() => openJob(job)}>
              Show
            </Button>
          )}
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => change.mutate({ path: `/jobs/${job.id}/again`, method: 'POST' })}
          >
            Run again
          </Button>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => {
              hideJob(job.id);
              forgetJob(queries, job.id);
              change.mutate({ path: `/jobs/${job.id}`, method: 'DELETE' });
            }}
          >
            Remove
          </Button>
        </Group>
      ))}
    </Stack>
  );
}
