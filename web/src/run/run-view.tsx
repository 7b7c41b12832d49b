import { Paper, Text, VisuallyHidden } from '@mantine/core';
import type { JobShape } from '../api/types.js';
import { LiveView } from './live-view.js';
import { spoken } from './progress-words.js';
import { ResultView } from './result-view.js';

type Props = { readonly job: JobShape | undefined };

/** What a tab has to show: nothing yet, a job at work, or what came of it. */
export function RunView({ job }: Props) {
  return (
    <>
      {/* Stays where it is from the beginning to the end of a run: only then are changes said. */}
      <VisuallyHidden role="status" aria-live="polite">
        {job && spoken(job)}
      </VisuallyHidden>
      <Content job={job} />
    </>
  );
}

function Content({ job }: Props) {
  if (!job) {
    return (
      <Paper withBorder p="xl" radius="md">
        <Text c="dimmed" ta="center">
          Your picture appears here while it comes into being, and then its movie.
        </Text>
      </Paper>
    );
  }
  return job.state === 'queued' || job.state === 'running' ? <LiveView job={job} /> : <ResultView job={job} />;
}
