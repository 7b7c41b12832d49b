import { Button, Group, Stack, Text } from '@mantine/core';
import { useFoundHosts } from '../api/queries.js';
import { tellError } from '../run/use-generate.js';
import { useAddHost } from './use-add-host.js';

/** Looks for programs on the service's machine that make images, and offers what answers. */
export function FoundHosts() {
  const { data: found, isFetching, refetch } = useFoundHosts();
  const add = useAddHost();
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Button variant="default" size="xs" loading={isFetching} onClick={() => void refetch()}>
          Look for others on this machine
        </Button>
        {found?.length === 0 && (
          <Text size="sm" role="status">
            None was found. A web UI has to be started with --api.
          </Text>
        )}
      </Group>
      {found?.map(({ url, kind, models, problem, isUsable }) => (
        <Group key={url} gap="xs">
          <Text size="sm" flex="1 1 12rem">
            {kind}, {url}
            <Text span size="xs" c="dimmed">
              {problem === null ? `: ${models.join(', ') || 'no models'}` : `: ${problem}`}
            </Text>
          </Text>
          {isUsable && (
            <Button
              variant="light"
              size="compact-xs"
              aria-label={`Use ${kind} at ${url}`}
              loading={add.isPending && add.variables.url === url}
              onClick={() =>
                add.mutate({ name: `${kind}-${new URL(url).port}`, host: kind, url }, { onError: tellError })
              }
            >
              Use
            </Button>
          )}
        </Group>
      ))}
    </Stack>
  );
}
