import { ActionIcon, FileButton, Group, Menu, Title, Tooltip } from '@mantine/core';
import { readSettings } from '../drop/read-settings.js';
import { resetForm, type Tab } from '../form/form-store.js';
import { AgainIcon, OpenIcon } from './icons.js';
import { ThemeSwitch } from './theme-switch.js';

/** The name of the page, and what concerns all of the form. */
export function Header({ tab }: { readonly tab: Tab }) {
  return (
    <Group justify="space-between" mb="xs" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <img src="/icon.svg" alt="" width={28} height={28} />
        <Title order={1} size="h4">
          Steps Animation
        </Title>
      </Group>
      <Group gap="xs" wrap="nowrap">
        <FileButton accept="image/*,video/*" onChange={(file) => file && void readSettings(file, tab)}>
          {(props) => (
            <Tooltip label="Read settings from an image or a movie">
              <ActionIcon {...props} variant="default" size={34} aria-label="Read settings from an image or a movie">
                <OpenIcon />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <Menu position="bottom-end">
          <Menu.Target>
            <Tooltip label="Reset the form">
              <ActionIcon variant="default" size={34} aria-label="Reset the form">
                <AgainIcon />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => resetForm(tab)}>Give all options of {tab} their defaults</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <ThemeSwitch />
      </Group>
    </Group>
  );
}
