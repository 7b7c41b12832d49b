import { Group, Title } from '@mantine/core';
import { ThemeSwitch } from './theme-switch.js';

/** The name of the page with its sign, and what concerns all of it. */
export function Header() {
  return (
    <Group component="header" justify="space-between" mb="xs" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <img src="/icon.svg" alt="" width={32} height={32} />
        <Title order={1} size="h4">
          Steps Animation
        </Title>
      </Group>
      <ThemeSwitch />
    </Group>
  );
}
