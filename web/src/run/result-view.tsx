import { Alert, Paper, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { JobShape } from '../api/types.js';
import { ImageResult } from './image-result.js';
import { useRenders } from './use-renders.js';

/** What came of a job: its images, one at a time, each with its movies and steps. */
export function ResultView({ job }: { readonly job: JobShape }) {
  const [chosen, setChosen] = useState(0);
  const renders = useRenders(job);
  const image = job.images[chosen] ?? job.images[0];
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <Outcome job={job} />
        {job.images.length > 1 && (
          <SegmentedControl
            aria-label="Image"
            value={String(image?.index ?? 0)}
            onChange={(index) => setChosen(job.images.findIndex((each) => String(each.index) === index))}
            data={job.images.map(({ index, seed }) => ({ value: String(index), label: `Seed ${seed}` }))}
          />
        )}
        {image && <ImageResult key={`${job.id} ${image.index}`} job={job} image={image} renders={renders} />}
      </Stack>
    </Paper>
  );
}

function Outcome({ job: { state, error, images, notes } }: { readonly job: JobShape }) {
  return (
    <>
      {error && (
        <Alert color="red" title="That did not work" role="alert">
          {error}
        </Alert>
      )}
      {state === 'interrupted' && (
        <Text size="sm" c="dimmed">
          {images.length > 0
            ? 'Interrupted: this is what there was.'
            : 'Interrupted before there was anything to show.'}
        </Text>
      )}
      {state === 'cancelled' && (
        <Text size="sm" c="dimmed">
          Taken out of the queue.
        </Text>
      )}
      {notes.map((note) => (
        <Text key={note} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </>
  );
}
