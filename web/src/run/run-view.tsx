import { Group, Loader, Paper, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { fitStyle } from '../ui/media.js';
import { useStepPictures } from './previews.js';
import { Notes, ProgressBar } from './progress.js';
import { announcement, progressPercent, progressText, speedText } from './progress-text.js';
import { ResultView } from './result-view.js';
import classes from './run.module.css';
import { StepStrip } from './step-scrubber.js';

type Props = { readonly job: JobShape | undefined };

/** The job of a tab: a placeholder, its live view while it is queued or running, or its result. */
export function RunView({ job }: Props) {
  return (
    <>
      {/* Screen readers announce only changes of an element that stays in the document. */}
      <VisuallyHidden role="status" aria-live="polite">
        {job && announcement(job)}
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
          Your image appears here while it is generated, followed by its movie.
        </Text>
      </Paper>
    );
  }
  return job.state === 'queued' || job.state === 'running' ? <LiveView job={job} /> : <ResultView job={job} />;
}

/** A queued or running job: its newest picture, its progress, and the steps so far. */
function LiveView({ job }: { readonly job: JobShape }) {
  const { newest, steps } = useStepPictures(job);
  const { progress, notes } = job;
  const text = progressText(job);
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <div className={classes.live} style={liveSize(job)}>
          {newest === undefined ? <Loader type="dots" /> : <Crossfade url={newest} alt="Preview" />}
        </div>
        <ProgressBar percent={progressPercent(progress)} label="Progress" text={text} />
        <Group justify="space-between" gap="xs">
          <Text size="sm">{text}</Text>
          <Text size="sm" c="dimmed">
            {speedText(progress)}
          </Text>
        </Group>
        {steps.length > 1 && <StepStrip steps={steps} />}
        <Notes notes={notes} />
      </Stack>
    </Paper>
  );
}

/** The size of the future image, so that the layout does not shift when the movie replaces the preview. */
function liveSize({ images: [image], options: { generation } }: JobShape) {
  return fitStyle(image?.width || Number(generation?.width), image?.height || Number(generation?.height));
}

/** The newest of several pictures; it fades in over the previous one once it is loaded, so that nothing flickers. */
function Crossfade({ url, alt }: { readonly url: string; readonly alt: string }) {
  const [layers, setLayers] = useState<readonly string[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const picture = new Image();
    picture.src = url;
    picture.decode().then(
      () => isCurrent && setLayers((before) => (before.at(-1) === url ? before : [...before, url].slice(-2))),
      // Revoked before it was decoded: a newer one follows.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [url]);
  return layers.map((layer, index) => {
    const isNewest = index === layers.length - 1;
    return (
      <img key={layer} src={layer} alt={isNewest ? alt : ''} className={classes.layer} data-fades={index > 0 || null} />
    );
  });
}
