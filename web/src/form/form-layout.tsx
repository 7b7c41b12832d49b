import { Skeleton, Stack } from '@mantine/core';

/** A placeholder of the height of the rows, until the options are loaded. */
export function FormSkeleton() {
  return (
    <Stack gap={10} p="md" aria-hidden>
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all rows are the same
        <Skeleton key={row} h={24} />
      ))}
    </Stack>
  );
}
