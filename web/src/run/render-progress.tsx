import { Alert, Button, Group, Text, VisuallyHidden } from '@mantine/core';
import { useJob } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { ProgressBar } from './progress-bar.js';
import { describe, shareOf } from './progress-words.js';
import { useCancel } from './use-generate.js';

/** The further movies that are being made of an image, and why the newest could not be made. */
export function RenderProgress({ renders }: { readonly renders: readonly JobShape[] }) {
  const newest = renders[0];
  const going = renders.filter(({ state }) => state === 'queued' || state === 'running');
  return (
    <>
      <VisuallyHidden role="status" aria-live="polite">
        {going.length > 0 ? 'Another movie is being made' : newest?.state === 'finished' && 'The other movie is there'}
      </VisuallyHidden>
      {going.map((render) => (
        <Rendering key={render.id} render={render} />
      ))}
      {newest?.state === 'failed' && (
        <Alert color="red" title="The movie was not made" role="alert">
          {newest.error}
        </Alert>
      )}
    </>
  );
}

function Rendering({ render }: { readonly render: JobShape }) {
  const { data: job = render } = useJob(render.id);
  const cancel = useCancel();
  const text = `${render.options.animation?.codec ?? 'Movie'}: ${describe(job)}`;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm">{text}</Text>
        <Button size="compact-xs" variant="subtle" onClick={() => cancel.mutate(job.id)}>
          Cancel
        </Button>
      </Group>
      <ProgressBar share={shareOf(job.progress)} label="How far the new movie is" text={text} />
    </div>
  );
}
