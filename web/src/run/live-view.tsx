import { Group, Loader, Paper, Progress, Stack, Text, VisuallyHidden } from '@mantine/core';
import type { JobShape } from '../api/types.js';
import classes from './live-view.module.css';
import { StepStrip } from './step-strip.js';
import { usePreviews } from './use-previews.js';

type Shown = NonNullable<JobShape['progress']>;

/** A job that waits or is at work: its newest picture, how far it is, and the steps so far. */
export function LiveView({ job }: { readonly job: JobShape }) {
  const previews = usePreviews(job);
  const newest = previews.at(-1);
  const { progress, position, notes } = job;
  const share = shareOf(progress);
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <div className={classes.stage}>
          {newest ? (
            <img src={newest.url} alt="How it looks so far" className={classes.picture} />
          ) : (
            <Loader type="dots" />
          )}
        </div>
        <Progress value={share} animated={share === 0} transitionDuration={150} aria-label="How far it is" />
        <Group justify="space-between" gap="xs">
          <Text size="sm">{position === null ? describe(progress) : waiting(position)}</Text>
          <Text size="sm" c="dimmed">
            {progress && speed(progress)}
          </Text>
        </Group>
        <VisuallyHidden role="status" aria-live="polite">
          {position === null ? spoken(share, progress) : waiting(position)}
        </VisuallyHidden>
        {previews.length > 1 && <StepStrip steps={previews} />}
        {notes.map((note) => (
          <Text key={note} size="xs" c="dimmed">
            {note}
          </Text>
        ))}
      </Stack>
    </Paper>
  );
}

function waiting(position: number): string {
  return position === 1 ? 'Next in the queue' : `Place ${position} in the queue`;
}

/** In percent. */
function shareOf(progress: Shown | null): number {
  if (!progress) return 0;
  const { phase, frame, frames, step, steps } = progress;
  if (phase === 'rendering') return frames > 0 ? (100 * frame) / frames : 100;
  return steps > 0 ? (100 * step) / steps : 0;
}

function describe(progress: Shown | null): string {
  if (!progress || progress.phase === 'loading') return 'Loading the model';
  if (progress.phase === 'rendering') return `Making the movie: frame ${progress.frame} of ${progress.frames}`;
  return `Step ${progress.step} of ${progress.steps}`;
}

function speed({ stepsPerSecond, secondsLeft, phase }: Shown): string {
  if (phase !== 'sampling' || stepsPerSecond === null) return '';
  const pace = stepsPerSecond >= 1 ? `${stepsPerSecond.toFixed(1)} it/s` : `${(1 / stepsPerSecond).toFixed(1)} s/it`;
  return secondsLeft === null ? pace : `${pace}, ${Math.ceil(secondsLeft)} s left`;
}

/** Said aloud by screen readers: at the start, at each quarter, and where something else begins. */
function spoken(share: number, progress: Shown | null): string {
  if (progress?.phase !== 'sampling') return describe(progress).split(':')[0] ?? '';
  const quarter = Math.floor(share / 25) * 25;
  return quarter === 0 ? 'Sampling has begun' : `${quarter} percent`;
}
