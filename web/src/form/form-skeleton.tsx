import { SimpleGrid, Skeleton, Stack } from '@mantine/core';

/** Stands where the fields will be, as high as they are, until the service has told the options. */
export function FormSkeleton() {
  return (
    <Stack gap="md" aria-hidden>
      <Skeleton h={61} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <Skeleton h={61} />
        <Skeleton h={61} />
      </SimpleGrid>
      <Skeleton h={52} />
      <Skeleton h={61} />
      <Skeleton h={61} />
      <Skeleton h={52} />
      <Skeleton h={61} />
      <Skeleton h={96} />
      <Skeleton h={48} />
    </Stack>
  );
}
