import { Button, Code, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ask } from '../api/client.js';
import { keys, useAbout } from '../api/queries.js';
import type { AboutShape, AnimationShape, JobShape } from '../api/types.js';
import { CopyIcon, DownloadIcon, SendIcon, TrashIcon } from '../app/icons.js';
import { takeKnown } from '../drop/found-settings.js';
import { setOptions, type Values } from '../form/form-store.js';
import { sendToImg2img } from '../img2img/send-to-img2img.js';
import { Movie } from '../run/media.js';
import { showJob } from '../run/run-store.js';
import { useDelete } from './use-delete.js';

type Props = { readonly entry: AnimationShape; readonly onClose: () => void };
type Details = AnimationShape & { readonly generation: Values };

/** One movie with all that is known of it, and what can be done with it. */
export default function AnimationDetails({ entry, onClose }: Props) {
  const remove = useDelete();
  const { data: about } = useAbout();
  const { data } = useQuery({
    queryKey: [...keys.animations, 'one', entry.id],
    queryFn: ({ signal }) => ask<Details>(`/animations/${entry.id}`, { signal }),
  });
  const leave = (then: () => void) => () => {
    onClose();
    then();
  };
  return (
    <Modal opened onClose={onClose} title={entry.prompt || entry.name} size="xl">
      <Stack gap="md">
        <Movie {...entry} alt={entry.prompt} hasControls style={{ maxHeight: '60vh', borderRadius: 8 }} />
        <Group gap="xs">
          <Action label="Movie" icon={<DownloadIcon size={16} />} href={`${entry.url}?download=1`} />
          {entry.imageUrl && (
            <Action label="Image" icon={<DownloadIcon size={16} />} href={`${entry.imageUrl}?download=1`} />
          )}
          <Button
            size="xs"
            variant="default"
            disabled={!data || !about}
            onClick={leave(() => data && about && fillForm(about, data))}
          >
            Use its settings
          </Button>
          {entry.imageUrl && (
            <Button
              size="xs"
              variant="default"
              leftSection={<SendIcon size={16} />}
              disabled={!data || !about}
              onClick={leave(() => data && about && startFrom(about, data))}
            >
              Send to img2img
            </Button>
          )}
          {entry.job && <OpenJob id={entry.job} onOpen={onClose} />}
          <Button
            size="xs"
            variant="default"
            color="red"
            leftSection={<TrashIcon size={16} />}
            onClick={leave(() => remove(entry))}
          >
            Delete
          </Button>
        </Group>
        <Facts entry={entry} />
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={500}>
              Settings
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<CopyIcon size={14} />}
              onClick={() => void copy(entry.infotext)}
            >
              Copy
            </Button>
          </Group>
          <Code block style={{ whiteSpace: 'pre-wrap' }}>
            {entry.infotext || 'unknown'}
          </Code>
        </div>
      </Stack>
    </Modal>
  );
}

function Action({ label, icon, href }: { label: string; icon: ReactNode; href: string }) {
  return (
    <Button
      component="a"
      href={href}
      download
      size="xs"
      variant="default"
      leftSection={icon}
      aria-label={`Download: ${label}`}
    >
      {label}
    </Button>
  );
}

/** Its steps can be looked at as long as the job that made it is known. */
function OpenJob({ id, onOpen }: { readonly id: string; readonly onOpen: () => void }) {
  const { data: job } = useQuery({
    queryKey: keys.job(id),
    queryFn: ({ signal }) => ask<JobShape>(`/jobs/${id}`, { signal }),
    retry: false,
  });
  if (!job || job.kind === 'render') return null;
  const tab = job.kind;
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        onOpen();
        showJob(tab, id);
        location.hash = tab;
      }}
    >
      Show its steps
    </Button>
  );
}

function Facts({ entry }: { readonly entry: AnimationShape }) {
  const { codec, width, height, frames, fps, duration, bytes, steps, model, sampler, seed, createdAt, name } = entry;
  const rows: readonly (readonly [string, string])[] = [
    ['File', `${name}, ${(bytes / 1024).toFixed(0)} KB`],
    ['Movie', `${codec}, ${width}×${height}, ${duration} s, ${frames} frames, ${fps} a second`],
    ['Steps', String(steps)],
    ['Sampler', sampler],
    ['Model', model],
    ['Seed', seed === null ? 'unknown' : String(seed)],
    ['Made', new Date(createdAt).toLocaleString()],
  ];
  return (
    <Table layout="auto" withRowBorders={false} verticalSpacing={2}>
      <Table.Tbody>
        {rows.map(([label, value]) => (
          <Table.Tr key={label}>
            <Table.Th w={90}>{label}</Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function fillForm(about: AboutShape, { generation }: Details): void {
  const { values, missing } = takeKnown(about, 'generation', generation);
  setOptions('txt2img', { generation: values });
  location.hash = 'txt2img';
  const absent = missing.length > 0 ? ` Not here: ${missing.join(', ')}.` : '';
  notifications.show({ message: `The form of txt2img has these settings now.${absent}` });
}

function startFrom(about: AboutShape, { imageUrl, name, generation }: Details): void {
  if (imageUrl !== null) sendToImg2img(about, { url: imageUrl, name }, generation);
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notifications.show({ message: 'The settings are in the clipboard.' });
  } catch {
    notifications.show({ color: 'red', message: 'The browser does not allow it: mark and copy them by hand.' });
  }
}
