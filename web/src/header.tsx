import { ActionIcon, Group, Menu, Title, Tooltip, useMantineColorScheme } from '@mantine/core';
import { AutoIcon, MoonIcon, SunIcon } from './ui/icons.js';

/** The title of the page, and the colour scheme. */
export function Header() {
  return (
    <Group component="header" justify="space-between" mb="xs" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <img src="/icon.svg" alt="" width={32} height={32} />
        <Title order={1} size="h4">
          Steps Animation
        </Title>
      </Group>
      <ColourSchemeMenu />
    </Group>
  );
}

const schemes = [
  { scheme: 'light', label: 'Light', Icon: SunIcon },
  { scheme: 'dark', label: 'Dark', Icon: MoonIcon },
  { scheme: 'auto', label: 'System', Icon: AutoIcon },
] as const;

function ColourSchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { Icon: CurrentIcon } = schemes.find(({ scheme }) => scheme === colorScheme) ?? schemes[2];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label="Colour scheme">
          <ActionIcon variant="default" size={34} aria-label="Colour scheme">
            <CurrentIcon />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}>
          {schemes.map(({ scheme, label, Icon }) => (
            <Menu.RadioItem key={scheme} value={scheme} rightSection={<Icon />} closeMenuOnClick>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
