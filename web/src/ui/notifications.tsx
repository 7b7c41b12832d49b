import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { words } from '../words/words.js';

/** Shows an error in the words of the service. */
export function notifyError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({ color: 'red', title: words().notices.wrong, message, autoClose: 10_000 });
}

type Undoable = { readonly title?: string; readonly message: string; readonly onUndo: () => void };

/** Reports a change, with a button that undoes it; it closes after 15 seconds. */
export function notifyUndoable({ title, message, onUndo }: Undoable): void {
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
          {words().notices.undo}
        </Button>
      </Stack>
    ),
  });
}

/** Copies generation settings to the clipboard. */
export async function copySettings(infotext: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(infotext);
    notifications.show({ message: words().notices.copied });
  } catch {
    notifications.show({ color: 'red', message: words().notices.noClipboard });
  }
}
