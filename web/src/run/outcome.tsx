import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { JobShape } from '../api/types.js';
import { useAgain } from './use-again.js';
import { fillForm } from './use-settings.js';

/** How a job ended, where it did not end well, and what can be done then. */
export function Outcome({ job }: { readonly job: JobShape }) {
  const again = useAgain(job);
  const words = wordsOf(job);
  if (!words) return null;
  const hasFailed = job.state === 'failed';
  return (
    <Alert
      color={hasFailed ? 'red' : 'gray'}
      variant="light"
      title={words.title}
      {...(hasFailed ? { role: 'alert' } : { role: 'group', 'aria-label': words.title })}
    >
      <Stack gap="sm">
        <Text size="sm">{words.text}</Text>
        <Group gap="xs">
          <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
            Run again
          </Button>
          <Button size="xs" variant="default" onClick={() => fillForm(job)}>
            Use these settings
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function wordsOf({ state, error, images, animations }: JobShape): { title: string; text: string } | undefined {
  const steps = images.reduce((sum, image) => sum + image.steps.length, 0);
  switch (state) {
    case 'failed':
      return { title: 'That did not work', text: error ?? 'The service does not say why. Its log may tell.' };
    case 'cancelled':
      return { title: 'Taken out of the queue', text: 'Nothing was made of it.' };
    case 'interrupted': {
      const title = 'Interrupted';
      const found = error === null ? '' : `${error} `;
      if (animations.length > 0) return { title, text: `${found}This is the movie of what there was until then.` };
      if (steps === 0) return { title, text: `${found}There was nothing to show yet.` };
      return { title, text: `${found}The ${steps} steps until then are kept: “Render again” makes a movie of them.` };
    }
    default:
      return undefined;
  }
}
