import { Badge, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { keys, useHosts } from '../api/queries.js';
import type { HostShape } from '../api/types.js';
import { tellError } from '../run/use-generate.js';
import { AddHost } from './add-host.js';
import { FoundHosts } from './found-hosts.js';

/** What makes the images: those that there are, and how to add others. */
export function Hosts() {
  const { data } = useHosts();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ path, method }: { path: string; method: 'POST' | 'DELETE' }) => ask(path, { method }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: keys.hosts, exact: true });
      void queries.invalidateQueries({ queryKey: keys.about });
    },
    onError: tellError,
  });
  if (!data) return <Loader type="dots" />;
  const { hosts, kinds } = data;
  const pathOf = ({ name }: HostShape) => `/hosts/${encodeURIComponent(name)}`;
  return (
    <Stack gap="sm">
      {hosts.length > 1 && (
        <Text size="sm" c="dimmed">
          Each does one job at a time; a job goes to the first that is free and has its model.
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
  const facts = [name === kind ? undefined : kind, url ?? undefined, isDemonstration ? 'a demonstration' : undefined];
  return (
    <Group gap="xs" wrap="wrap">
      <Badge variant="light" color={problem === null ? 'teal' : 'yellow'} c="var(--mantine-color-text)" w={104}>
        {problem === null ? (job === null ? 'ready' : 'at work') : 'away'}
      </Badge>
      <div style={{ flex: '1 1 12rem', minWidth: 0 }}>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {name}
          <Text span size="xs" c="dimmed">
            {facts.filter((fact) => fact !== undefined).map((fact) => `, ${fact}`)}
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
