import { ActionIcon, Group, Progress, Stack, Text, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { request } from '../api/client.js';
import { keys, useActiveJobs, useHosts } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { useCancel } from '../run/job-actions.js';
import { jobTitle, progressPercent, progressText } from '../run/progress-text.js';
import { CloseIcon, DownIcon, UpIcon } from '../ui/icons.js';
import { notifyError } from '../ui/notifications.js';

/** The running and queued jobs, which can be moved and cancelled. */
export function JobQueue() {
  const { data: jobs = [] } = useActiveJobs();
  const { data: { hosts } = { hosts: [] } } = useHosts();
  const queries = useQueryClient();
  const cancel = useCancel();
  const move = useMutation({
    mutationFn: ({ id, position }: { id: string; position: number }) =>
      request(`/jobs/${id}/move`, { method: 'POST', body: { position } }),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.active }),
    onError: notifyError,
  });
  if (jobs.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The queue is empty.
      </Text>
    );
  }
  const queued = jobs.filter(({ position }) => position !== null).length;
  return (
    <Stack gap="xs">
      {jobs.map((job) => (
        <Row
          key={job.id}
          job={job}
          isLast={job.position === queued}
          showsHost={hosts.length > 1}
          onMove={(position) => move.mutate({ id: job.id, position })}
          onCancel={() => cancel.mutate(job.id)}
        />
      ))}
    </Stack>
  );
}

type RowProps = {
  readonly job: JobShape;
  readonly isLast: boolean;
  readonly showsHost: boolean;
  readonly onMove: (position: number) => void;
  readonly onCancel: () => void;
};

function Row({ job, isLast, showsHost, onMove, onCancel }: RowProps) {
  const { position, progress } = job;
  const title = jobTitle(job);
  return (
    <Group wrap="nowrap" gap="sm">
      <Text size="sm" w={28} c="dimmed" ta="right">
        {position ?? ''}
      </Text>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" truncate>
          {title}
          {job.host !== null && showsHost && (
            <Text span size="xs" c="dimmed">
              {` on ${job.host}`}
            </Text>
          )}
        </Text>
        {job.waitsFor.length > 0 && (
          <Text size="xs" c="dimmed">
            {progressText(job)}
          </Text>
        )}
        {position === null && (
          <Progress size="sm" mt={4} value={progressPercent(progress)} aria-label={`Progress of ${title}`} />
        )}
      </div>
      {position !== null && (
        <>
          <Action label={`Move up: ${title}`} isDisabled={position === 1} onClick={() => onMove(position - 1)}>
            <UpIcon />
          </Action>
          <Action label={`Move down: ${title}`} isDisabled={isLast} onClick={() => onMove(position + 1)}>
            <DownIcon />
          </Action>
        </>
      )}
      <Action label={`${position === null ? 'Interrupt' : 'Cancel'}: ${title}`} onClick={onCancel}>
        <CloseIcon />
      </Action>
    </Group>
  );
}

type ActionProps = {
  readonly label: string;
  readonly isDisabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
};

function Action({ label, isDisabled = false, onClick, children }: ActionProps) {
  return (
    <Tooltip label={label.split(':')[0]}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={isDisabled} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
