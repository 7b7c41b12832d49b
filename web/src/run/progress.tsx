import { Alert, Button, Group, Progress, Spoiler, Text, VisuallyHidden } from '@mantine/core';
import { useJob } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { useCancel } from './job-actions.js';
import { progressPercent, progressText } from './progress-text.js';

type Props = {
  /** 0 while the progress is unknown */
  readonly percent: number;
  readonly label: string;
  /** the progress in words, for screen readers */
  readonly text: string;
};

/** A progress bar, animated while the progress is unknown. */
export function ProgressBar({ percent, label, text }: Props) {
  const isKnown = percent > 0;
  const now = isKnown ? { 'aria-valuenow': Math.round(percent) } : {};
  return (
    <Progress.Root
      transitionDuration={150}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={text}
      {...now}
    >
      <Progress.Section withAria={false} value={isKnown ? percent : 100} striped={!isKnown} animated={!isKnown} />
    </Progress.Root>
  );
}

/** The unfinished render jobs of an image, and the error of the newest one. */
export function RenderProgress({ renders }: { readonly renders: readonly JobShape[] }) {
  const newest = renders[0];
  const unfinished = renders.filter(({ state }) => state === 'queued' || state === 'running');
  return (
    <>
      <VisuallyHidden role="status" aria-live="polite">
        {unfinished.length > 0 ? 'Rendering another movie' : newest?.state === 'finished' && 'The other movie is ready'}
      </VisuallyHidden>
      {unfinished.map((render) => (
        <Rendering key={render.id} render={render} />
      ))}
      {newest?.state === 'failed' && (
        <Alert color="red" title="Rendering failed" role="alert">
          {newest.error}
        </Alert>
      )}
    </>
  );
}

function Rendering({ render }: { readonly render: JobShape }) {
  const { data: job = render } = useJob(render.id);
  const cancel = useCancel();
  const text = `${render.options.animation?.codec ?? 'Movie'}: ${progressText(job)}`;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm">{text}</Text>
        <Button size="compact-xs" variant="subtle" onClick={() => cancel.mutate(job.id)}>
          Cancel
        </Button>
      </Group>
      <ProgressBar percent={progressPercent(job.progress)} label="Progress of the new movie" text={text} />
    </div>
  );
}

/** The notes of a job, collapsed after a few lines: with debug info there are many. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <Spoiler maxHeight={72} showLabel="All notes" hideLabel="Fewer notes" fz="xs">
      {notes.map((note, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: notes are only appended, and may repeat
        <Text key={index} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </Spoiler>
  );
}
