import { Paper, Stack } from '@mantine/core';
import { useState } from 'react';
import type { JobShape } from '../api/types.js';
import { ChoiceStrip } from './choice-strip.js';
import { ImageResult } from './image-result.js';
import { Notes } from './notes.js';
import { Outcome } from './outcome.js';
import { useRenders } from './use-renders.js';

/** What came of a job: its images, one at a time, each with its movies and steps. */
export function ResultView({ job }: { readonly job: JobShape }) {
  const [chosen, setChosen] = useState<string>();
  const renders = useRenders(job);
  const { images, notes } = job;
  const image = images.find(({ index }) => String(index) === chosen) ?? images[0];
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <Outcome job={job} />
        <ChoiceStrip
          label="Image"
          chosen={String(image?.index)}
          onChoose={setChosen}
          choices={images.map(({ index, seed, url, steps }) => ({
            ...{ id: String(index), caption: `Seed ${seed}` },
            url: url ?? steps.at(-1)?.url ?? null,
          }))}
        />
        {image && <ImageResult key={`${job.id} ${image.index}`} job={job} image={image} renders={renders} />}
        <Notes notes={notes} />
      </Stack>
    </Paper>
  );
}
