import { Button, Code, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { keys, useAbout } from '../api/queries.js';
import type { AnimationDetailsShape, AnimationShape, JobShape } from '../api/types.js';
import { fillFromMovie, sendToImg2img } from '../form/fill-form.js';
import type { Values } from '../form/form-store.js';
import { openJob } from '../run/job-actions.js';
import { CopyIcon, SendIcon, TrashIcon } from '../ui/icons.js';
import { DownloadButton, Movie } from '../ui/media.js';
import { copySettings } from '../ui/notifications.js';
import { useDelete } from './use-delete.js';

type Props = { readonly entry: AnimationShape; readonly onClose: () => void };

/** A dialog with a movie of the library, its properties and actions. */
export default function AnimationDetails({ entry, onClose }: Props) {
  const { imageUrl, name } = entry;
  const remove = useDelete();
  const { data: about } = useAbout();
  const { data } = useQuery({
    queryKey: [...keys.animations, 'one', entry.id],
    queryFn: ({ signal }) => request<AnimationDetailsShape>(`/animations/${entry.id}`, { signal }),
  });
  // Lists have only the beginning of long texts.
  const { infotext } = data ?? entry;
  const closeAnd = (then: () => void) => () => {
    onClose();
    then();
  };
  return (
    <Modal opened onClose={onClose} title={entry.prompt || entry.name} size="xl">
      <Stack gap="md">
        <Movie {...entry} alt={entry.prompt} hasControls style={{ maxHeight: '60vh', borderRadius: 8 }} />
        <Group gap="xs">
          <DownloadButton url={entry.url} label="Movie" />
          {imageUrl !== null && <DownloadButton url={imageUrl} label="Image" />}
          <Button
            size="xs"
            variant="default"
            disabled={!data || !about}
            onClick={closeAnd(() => data && about && fillFromMovie(about, data))}
          >
            Use these settings
          </Button>
          {imageUrl !== null && (
            <Button
              size="xs"
              variant="default"
              leftSection={<SendIcon size={16} />}
              disabled={!data || !about}
              onClick={closeAnd(
                () => data && about && sendToImg2img(about, { url: imageUrl, name }, data.generation as Values),
              )}
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
            onClick={closeAnd(() => remove(entry))}
          >
            Delete
          </Button>
        </Group>
        <Properties entry={entry} />
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={500}>
              Settings
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<CopyIcon size={14} />}
              disabled={!data}
              onClick={() => void copySettings(infotext)}
            >
              Copy
            </Button>
          </Group>
          <Code block style={{ whiteSpace: 'pre-wrap' }}>
            {infotext || 'unknown'}
          </Code>
        </div>
      </Stack>
    </Modal>
  );
}

/** Opens the job that made a movie, as long as the service knows it. */
function OpenJob({ id, onOpen }: { readonly id: string; readonly onOpen: () => void }) {
  const { data: job } = useQuery({
    queryKey: keys.job(id),
    queryFn: ({ signal }) => request<JobShape>(`/jobs/${id}`, { signal }),
    retry: false,
  });
  if (!job || job.kind === 'render') return null;
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        onOpen();
        openJob(job);
      }}
    >
      Show the steps
    </Button>
  );
}

function Properties({ entry }: { readonly entry: AnimationShape }) {
  const { codec, width, height, frames, fps, duration, bytes, steps, model, sampler, seed, createdAt, name } = entry;
  const rows: readonly (readonly [string, string])[] = [
    ['File', `${name}, ${(bytes / 1024).toFixed(0)} KB`],
    ['Movie', `${codec}, ${width}×${height}, ${duration} s, ${frames} frames, ${fps} fps`],
    ['Steps', String(steps)],
    ['Sampler', sampler],
    ['Model', model],
    ['Seed', seed === null ? 'unknown' : String(seed)],
    ['Created', new Date(createdAt).toLocaleString()],
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
