import { Alert, Image, Paper, Stack } from '@mantine/core';
import type { JobShape } from '../api/types.js';

/** What came of a job. */
export function ResultView({ job }: { readonly job: JobShape }) {
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        {job.error && <Alert color="red">{job.error}</Alert>}
        {job.animations.map(({ id, url, posterUrl }) => (
          <video
            key={id}
            src={url}
            poster={posterUrl}
            autoPlay
            muted
            loop
            playsInline
            controls
            style={{ width: '100%' }}
          />
        ))}
        {job.images.map(
          ({ index, url }) => url && <Image key={index} src={url} alt="The finished image" radius="sm" />,
        )}
      </Stack>
    </Paper>
  );
}
