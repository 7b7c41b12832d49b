import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';

type Told = { readonly title: string; readonly message: string; readonly onUndo: () => void };

/** Tells what was changed, with a button that takes it back. */
export function tellUndoable({ title, message, onUndo }: Told): void {
  const undo = () => {
    onUndo();
    notifications.hide(id);
  };
  const id = notifications.show({
    title,
    autoClose: 15_000,
    message: (
      <Stack gap={6} align="start">
        <Text size="sm" inherit>
          {message}
        </Text>
        <Button size="compact-sm" variant="light" onClick={undo}>
          Undo
        </Button>
      </Stack>
    ),
  });
}
