import { Button, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { keys, useAbout } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import type { Value, Values } from '../form/form-store.js';
import { OptionField } from '../form/option-field.js';
import type { JobImage } from './image-result.js';
import { tellError } from './use-generate.js';

/** What matters for another movie of the same steps. */
const offered = [
  ...['codec', 'interpolation', 'duration', 'lastFrameDuration', 'firstFrameDuration', 'fps', 'loop', 'pacing'],
  ...['skipSteps', 'every', 'stopAt', 'encoderSettings'],
];

type Props = {
  readonly job: JobShape;
  readonly image: JobImage;
  /** told when it is in the queue */
  readonly onRender: () => void;
  readonly onClose: () => void;
};

/** Asks for another movie of steps that are kept: nothing is sampled again. */
export default function RenderAgain({ job, image, onRender, onClose }: Props) {
  const { data: about } = useAbout();
  const queries = useQueryClient();
  const [changes, setChanges] = useState<Values>({});
  const values: Values = { ...(job.options.animation as Values), createAnimation: true, skipSteps: 0, ...changes };
  const submit = useMutation({
    mutationFn: () =>
      ask<JobShape>('/jobs', {
        method: 'POST',
        body: { kind: 'render', of: job.id, image: image.index, animation: values },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: keys.renders(job.id) });
      onRender();
      onClose();
    },
    onError: tellError,
  });
  const set = (name: string) => (value: Value) => setChanges((before) => ({ ...before, [name]: value }));
  return (
    <Modal opened onClose={onClose} title="Render again" size="lg">
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          Another movie of the same {image.steps.length} steps; nothing is sampled again.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          {about?.options.animation
            .filter(({ name }) => offered.includes(name))
            .map((option) => (
              <OptionField key={option.name} option={option} value={values[option.name]} onChange={set(option.name)} />
            ))}
        </SimpleGrid>
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => submit.mutate()} loading={submit.isPending}>
            Render
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
