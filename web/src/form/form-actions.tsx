import { Button, FileButton, Group } from '@mantine/core';
import { AgainIcon, OpenIcon } from '../app/icons.js';
import { tellUndoable } from '../app/tell-undoable.js';
import { useReadSettings } from '../drop/read-settings.js';
import { getForm, resetForm, restoreForm, type Tab } from './form-store.js';

/** What concerns all of the form. */
export function FormActions({ tab }: { readonly tab: Tab }) {
  const readSettings = useReadSettings(tab);
  const reset = () => {
    const before = getForm(tab);
    resetForm(tab);
    tellUndoable({
      title: 'Reset to defaults',
      message: `All options of ${tab} have their defaults, and the prompts are empty.`,
      onUndo: () => restoreForm(tab, before),
    });
  };
  const look = { variant: 'subtle', color: 'gray', size: 'compact-sm' } as const;
  return (
    <Group gap="xs" justify="space-between">
      <FileButton accept="image/*,video/*" onChange={(file) => file && void readSettings(file)}>
        {(props) => (
          <Button {...look} {...props} leftSection={<OpenIcon size={16} />}>
            Read settings from a file…
          </Button>
        )}
      </FileButton>
      <Button {...look} onClick={reset} leftSection={<AgainIcon size={16} />}>
        Reset to defaults
      </Button>
    </Group>
  );
}
