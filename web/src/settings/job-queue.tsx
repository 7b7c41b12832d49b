import { ActionIcon, Group, Progress, Stack, Text, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ask } from '../api/client.js';
import { keys, useActiveJobs, useHosts } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { CloseIcon, DownIcon, UpIcon } from '../app/icons.js';
import { describe } from '../run/progress-words.js';
import { tellError, useCancel } from '../run/use-generate.js';
import { titleOf } from './job-title.js';

/** The jobs that are at work and those that wait, which can be moved and cancelled. */
export function JobQueue() {
  const { data: jobs = [] } = useActiveJobs();
  const { data: { hosts } = { hosts: [] } } = useHosts();
  const queries = useQueryClient();
  const cancel = useCancel();
  const move = useMutation({
    mutationFn: ({ id, position }: { id: string; position: number }) =>
      ask(`/jobs/${id}/move`, { method: 'POST', body: { position } }),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.active }),
    onError: tellError,
  });
  if (jobs.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing is being made, and nothing waits.
      </Text>
    );
  }
  const waiting = jobs.filter(({ position }) => position !== null).length;
  return (
    <Stack gap="xs">
      {jobs.map((job) => (
        <Row
          key={job.id}
          job={job}
          isLast={job.position === waiting}
          several={hosts.length > 1}
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
  /** whether there are several hosts */
  readonly several: boolean;
  readonly onMove: (position: number) => void;
  readonly onCancel: () => void;
};

function Row({ job, isLast, several, onMove, onCancel }: RowProps) {
  const { position, progress } = job;
  const title = titleOf(job);
  return (
    <Group wrap="nowrap" gap="sm">
      <Text size="sm" w={28} c="dimmed" ta="right">
        {position ?? ''}
      </Text>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" truncate>
          {title}
          {job.host !== null && several && (
            <Text span size="xs" c="dimmed">
              {` on ${job.host}`}
            </Text>
          )}
        </Text>
        {job.waitsFor.length > 0 && (
          <Text size="xs" c="dimmed">
            {describe(job)}
          </Text>
        )}
        {position === null && (
          <Progress
            size="sm"
            mt={4}
            value={progress && progress.steps > 0 ? (100 * progress.step) / progress.steps : 0}
            aria-label={`How far ${title} is`}
          />
        )}
      </div>
      {position !== null && (
        <>
          <Action label={`Sooner: ${title}`} isDisabled={position === 1} onClick={() => onMove(position - 1)}>
            <UpIcon />
          </Action>
          <Action label={`Later: ${title}`} isDisabled={isLast} onClick={() => onMove(position + 1)}>
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
