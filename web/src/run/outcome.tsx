import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { JobShape } from '../api/types.js';
import { fillFromJob } from '../form/fill-form.js';
import { useRunAgain } from './job-actions.js';

/** Explains why a job failed, was interrupted or was cancelled, with buttons to try again. */
export function Outcome({ job }: { readonly job: JobShape }) {
  const again = useRunAgain(job);
  const outcome = outcomeOf(job);
  if (!outcome) return null;
  const hasFailed = job.state === 'failed';
  return (
    <Alert
      color={hasFailed ? 'red' : 'gray'}
      variant="light"
      title={outcome.title}
      {...(hasFailed ? { role: 'alert' } : { role: 'group', 'aria-label': outcome.title })}
    >
      <Stack gap="sm">
        <Text size="sm">{outcome.text}</Text>
        <Group gap="xs">
          <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
            Run again
          </Button>
          <Button size="xs" variant="default" onClick={() => fillFromJob(job)}>
            Use these settings
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function outcomeOf({ state, error, images, animations }: JobShape): { title: string; text: string } | undefined {
  const steps = images.reduce((sum, image) => sum + image.steps.length, 0);
  switch (state) {
    case 'failed':
      return { title: 'The job failed', text: error ?? 'The service gave no reason. See its log.' };
    case 'cancelled':
      return { title: 'Removed from the queue', text: 'The job was cancelled before it started.' };
    case 'interrupted': {
      const title = 'Interrupted';
      const reason = error === null ? '' : `${error} `;
      if (animations.length > 0) return { title, text: `${reason}The movie shows the steps made until then.` };
      if (steps === 0) return { title, text: `${reason}No step was finished.` };
      return {
        title,
        text: `${reason}The ${steps} steps made until then are kept: “Render again” makes a movie of them.`,
      };
    }
    default:
      return undefined;
  }
}
