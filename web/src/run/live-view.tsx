import { Image, Paper, Progress, Stack, Text } from '@mantine/core';
import type { JobShape } from '../api/types.js';

/** A job that waits or is at work. */
export function LiveView({ job }: { readonly job: JobShape }) {
  const { progress } = job;
  const share = progress && progress.steps > 0 ? (100 * progress.step) / progress.steps : 0;
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        {progress && progress.preview > 0 && (
          <Image
            src={`${job.previewUrl}?v=${progress.preview}`}
            alt="The picture so far"
            radius="sm"
            mah={512}
            fit="contain"
          />
        )}
        <Progress value={share} aria-label="Progress" />
        <Text size="sm">
          {job.position
            ? `Place ${job.position} in the queue`
            : `Step ${progress?.step ?? 0} of ${progress?.steps ?? '…'}`}
        </Text>
      </Stack>
    </Paper>
  );
}
