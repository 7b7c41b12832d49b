import { Group, Loader, Paper, Stack, Text } from '@mantine/core';
import type { JobShape } from '../api/types.js';
import { Crossfade } from './crossfade.js';
import classes from './live-view.module.css';
import { Notes } from './notes.js';
import { ProgressBar } from './progress-bar.js';
import { describe, shareOf, speed } from './progress-words.js';
import { stageOf } from './stage.js';
import { stepsSoFar } from './step-places.js';
import { StepStrip } from './step-strip.js';
import { usePreviews } from './use-previews.js';

/** A job that waits or is at work: its newest picture, how far it is, and the steps so far. */
export function LiveView({ job }: { readonly job: JobShape }) {
  const seen = usePreviews(job);
  const steps = stepsSoFar(job, seen);
  const newest = seen.at(-1)?.url ?? steps.at(-1)?.url;
  const { progress, notes } = job;
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <div className={classes.stage} style={stageSize(job)}>
          {newest === undefined ? <Loader type="dots" /> : <Crossfade url={newest} alt="How it looks so far" />}
        </div>
        <ProgressBar share={shareOf(progress)} label="How far it is" text={describe(job)} />
        <Group justify="space-between" gap="xs">
          <Text size="sm">{describe(job)}</Text>
          <Text size="sm" c="dimmed">
            {speed(progress)}
          </Text>
        </Group>
        {steps.length > 1 && <StepStrip steps={steps} />}
        <Notes notes={notes} />
      </Stack>
    </Paper>
  );
}

/** Of the shape that the image will have, so that nothing moves when the movie comes. */
function stageSize({ images, options: { generation } }: JobShape) {
  const [image] = images;
  return stageOf(image?.width || Number(generation?.width), image?.height || Number(generation?.height));
}
