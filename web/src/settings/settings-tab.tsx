import { Anchor, Button, Group, List, Loader, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { request } from '../api/client.js';
import { keys, useAbout } from '../api/queries.js';
import { QueueList } from '../queue/queue-list.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';
import { Hosts } from './hosts.js';
import { PageSettings } from './page-settings.js';
import { RecentJobs } from './recent-jobs.js';

/** The queue, the hosts, the recent jobs and the service. */
export default function SettingsTab() {
  return (
    <Stack gap="lg">
      <Section title={words().settings.page}>
        <PageSettings />
      </Section>
      <Section title="Queue">
        <QueueList />
      </Section>
      <Section title="Hosts">
        <Hosts />
      </Section>
      <Section title="Recent jobs">
        <RecentJobs />
      </Section>
      <Section title="Service">
        <Service />
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label={title}>
      <Title order={2} size="h5" mb="sm">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

function Service() {
  const { data: about } = useAbout();
  const queries = useQueryClient();
  const rebuild = useMutation({
    mutationFn: () => request<{ animations: number }>('/animations/rebuild', { method: 'POST' }),
    onSuccess: ({ animations }) => {
      notifications.show({ message: `The library was rebuilt: ${animations} animations.` });
      void queries.invalidateQueries({ queryKey: keys.animations });
    },
    onError: notifyError,
  });
  if (!about) return <Loader type="dots" />;
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['Version', about.version],
    ['Device', about.device],
    ['Files', about.outdir],
    [
      'Models',
      <List key="models" size="sm">
        {about.models.map(({ name, width, height }) => (
          <List.Item key={name}>
            {name}, {width}×{height}
          </List.Item>
        ))}
      </List>,
    ],
  ];
  return (
    <Stack gap="sm">
      <Table withRowBorders={false} verticalSpacing={2}>
        <Table.Tbody>
          {rows.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th w={110}>{label}</Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group gap="sm">
        <Button variant="default" size="xs" loading={rebuild.isPending} onClick={() => rebuild.mutate()}>
          Rebuild the library from the files
        </Button>
        <Text size="sm">
          For programs:{' '}
          <Anchor href="/docs" underline="always">
            documentation of the API
          </Anchor>
        </Text>
      </Group>
    </Stack>
  );
}
