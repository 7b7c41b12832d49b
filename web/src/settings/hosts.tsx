import { Badge, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { keys, useHosts } from '../api/queries.js';
import type { HostShape } from '../api/types.js';
import { notifyError } from '../ui/notifications.js';
import { AddHost, FoundHosts } from './add-host.js';

/** The hosts that make the images, and ways to add others. */
export function Hosts() {
  const { data } = useHosts();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ path, method }: { path: string; method: 'POST' | 'DELETE' }) => request(path, { method }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: keys.hosts, exact: true });
      void queries.invalidateQueries({ queryKey: keys.about });
    },
    onError: notifyError,
  });
  if (!data) return <Loader type="dots" />;
  const { hosts, kinds } = data;
  const pathOf = ({ name }: HostShape) => `/hosts/${encodeURIComponent(name)}`;
  return (
    <Stack gap="sm">
      {hosts.length > 1 && (
        <Text size="sm" c="dimmed">
          Each host runs one job at a time. A job goes to the first free host that has its model.
        </Text>
      )}
      {hosts.map((host) => (
        <Row
          key={host.name}
          host={host}
          isBusy={change.isPending && change.variables.path.startsWith(pathOf(host))}
          onTest={() => change.mutate({ path: `${pathOf(host)}/test`, method: 'POST' })}
          onRemove={() => change.mutate({ path: pathOf(host), method: 'DELETE' })}
        />
      ))}
      <FoundHosts />
      <AddHost kinds={kinds} />
    </Stack>
  );
}

type RowProps = {
  readonly host: HostShape;
  readonly isBusy: boolean;
  readonly onTest: () => void;
  readonly onRemove: () => void;
};

function Row({ host, isBusy, onTest, onRemove }: RowProps) {
  const { name, kind, url, models, problem, job, isDemonstration, isRemovable } = host;
  const details = [name === kind ? undefined : kind, url ?? undefined, isDemonstration ? 'a demonstration' : undefined];
  return (
    <Group gap="xs" wrap="wrap">
      <Badge variant="light" color={problem === null ? 'teal' : 'yellow'} c="var(--mantine-color-text)" w={104}>
        {problem === null ? (job === null ? 'ready' : 'busy') : 'offline'}
      </Badge>
      <div style={{ flex: '1 1 12rem', minWidth: 0 }}>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {name}
          <Text span size="xs" c="dimmed">
            {details.filter((detail) => detail !== undefined).map((detail) => `, ${detail}`)}
          </Text>
        </Text>
        <Text
          size="xs"
          {...(problem === null ? { c: 'dimmed' } : {})}
          style={{ overflowWrap: 'anywhere' }}
          lineClamp={3}
        >
          {problem ?? `${models.length === 1 ? 'Model' : 'Models'}: ${models.join(', ') || 'none'}`}
        </Text>
      </div>
      <Button variant="subtle" size="compact-xs" loading={isBusy} aria-label={`Test ${name}`} onClick={onTest}>
        Test
      </Button>
      {isRemovable && (
        <Button variant="subtle" color="gray" size="compact-xs" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </Button>
      )}
    </Group>
  );
}
