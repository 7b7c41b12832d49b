import { Button, Group, SegmentedControl, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { saveDefaults, useHasDefaults } from '../form/form-store.js';
import { canNotify } from '../queue/notify.js';
import { NotifySwitch } from '../queue/queue-button.js';
import { languages, setLanguage, useLanguage } from '../words/language.js';
import { words } from '../words/words.js';

/** What concerns the page in this browser: its look, its language, and what new pictures begin with. */
export function PageSettings() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const language = useLanguage();
  const { settings } = words();
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm">{settings.scheme}</Text>
        <SegmentedControl
          size="xs"
          aria-label={settings.scheme}
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}
          data={(['light', 'dark', 'auto'] as const).map((value) => ({ value, label: settings.schemes[value] }))}
        />
      </Group>
      {Object.keys(languages).length > 1 && (
        <Group justify="space-between">
          <Text size="sm">{settings.language}</Text>
          <SegmentedControl
            size="xs"
            aria-label={settings.language}
            value={language}
            onChange={(next) => void setLanguage(next as typeof language)}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          />
        </Group>
      )}
      {canNotify() && <NotifySwitch />}
      <Defaults />
    </Stack>
  );
}

/** What forms begin with, instead of the defaults of the options. */
function Defaults() {
  const has = useHasDefaults();
  const { settings } = words();
  const save = (isKept: boolean) => {
    saveDefaults(isKept);
    notifications.show({ message: isKept ? settings.defaultsKept : settings.defaultsGone });
  };
  return (
    <Group justify="space-between">
      <Text size="sm" flex="1 1 16rem">
        {settings.defaults}
      </Text>
      <Group gap="xs">
        {has && (
          <Button size="xs" variant="subtle" onClick={() => save(false)}>
            {settings.forgetDefaults}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => save(true)}>
          {settings.keepDefaults}
        </Button>
      </Group>
    </Group>
  );
}
