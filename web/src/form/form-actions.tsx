import { Button, FileButton, Group } from '@mantine/core';
import { AgainIcon, OpenIcon } from '../ui/icons.js';
import { notifyUndoable } from '../ui/notifications.js';
import { words } from '../words/words.js';
import { useReadSettings } from './fill-form.js';
import { getForm, resetForm, setForm, type Tab } from './form-store.js';

/** Buttons that change the whole form. */
export function FormActions({ tab }: { readonly tab: Tab }) {
  const readSettings = useReadSettings(tab);
  const reset = () => {
    const before = getForm(tab);
    resetForm(tab);
    notifyUndoable({
      title: words().form.resetAll,
      message: words().form.resetDone,
      onUndo: () => setForm(tab, before),
    });
  };
  const look = { variant: 'subtle', color: 'gray', size: 'compact-sm', fw: 400, px: 0 } as const;
  return (
    <Group gap="xs" justify="space-between">
      <FileButton accept="image/*,video/*" onChange={(file) => file && void readSettings(file)}>
        {(props) => (
          <Button {...look} {...props} leftSection={<OpenIcon size={16} />}>
            {words().form.read}
          </Button>
        )}
      </FileButton>
      <Button {...look} onClick={reset} leftSection={<AgainIcon size={16} />}>
        {words().form.resetAll}
      </Button>
    </Group>
  );
}
