import { Button, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../api/client.js';
import { keys, useAbout, useLooks } from '../api/queries.js';
import type { JobImage, JobShape } from '../api/types.js';
import type { Value, Values } from '../form/form-store.js';
import { OptionRow } from '../form/option-row.js';
import { notifyError } from '../ui/notifications.js';
import { words } from '../words/words.js';

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  /** called when the job is queued */
  readonly onRender: () => void;
  readonly onClose: () => void;
};

/** A dialog that renders another movie of the kept steps, without sampling again. */
export default function RenderAgain({ job, image, onRender, onClose }: Props) {
  const { data: about } = useAbout();
  const queries = useQueryClient();
  const [changes, setChanges] = useState<Values>({});
  const values: Values = { ...(job.options.animation as Values), createAnimation: true, skipSteps: 0, ...changes };
  const submit = useMutation({
    mutationFn: () =>
      request<JobShape>('/jobs', {
        method: 'POST',
        body: { kind: 'render', of: job.id, image: image.index, animation: values },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: keys.renders(job.id) });
      onRender();
      onClose();
    },
    onError: notifyError,
  });
  const { data: looks = [] } = useLooks();
  const set = (name: string) => (value: Value) => {
    const look = name === 'look' ? looks.find((known) => known.name === value)?.options : undefined;
    setChanges((before) => ({ ...before, ...look, [name]: value }));
  };
  return (
    <Modal opened onClose={onClose} title={words().actions.render} size="lg">
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          Makes another movie of the same {image.steps.length} steps, without sampling again.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" verticalSpacing={0}>
          {about?.options.animation
            // The debug messages of render jobs are not shown in the page.
            .filter(({ name, needsSampling }) => !needsSampling && name !== 'debug')
            .map((option) => (
              <OptionRow key={option.name} option={option} value={values[option.name]} onChange={set(option.name)} />
            ))}
        </SimpleGrid>
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            {words().player.cancel}
          </Button>
          <Button onClick={() => submit.mutate()} loading={submit.isPending}>
            {words().actions.make}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
