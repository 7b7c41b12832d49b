import { Accordion, Checkbox, SimpleGrid, Stack, Text } from '@mantine/core';
import { setScriptEnabled, type Tab, useForm } from './form-store.js';
import { OptionField } from './option-field.js';
import { useOptions } from './use-options.js';

/** The controls of the first Steps Animation script, in its order. */
const original = [
  ...['codec', 'interpolation', 'duration', 'skipSteps', 'lastFrameDuration', 'debug', 'runIncomplete'],
  ...['deleteIntermediate', 'createAnimation', 'intermediatePath', 'animationPath'],
];

/** What the closed panel says. */
function summaryOf({ codec, interpolation, duration }: ReturnType<typeof useOptions>): string {
  if (!codec || !interpolation || !duration) return '';
  const length = duration.value === 'auto' ? '1 s for each 10 steps' : `${duration.value} s`;
  return `${codec.value}, ${interpolation.value}, ${length}`;
}

/** The panel of the script, with the newer options after the first ones. */
export function AnimationPanel({ tab }: { readonly tab: Tab }) {
  const { scriptEnabled } = useForm(tab);
  const options = useOptions(tab, 'animation');
  const newer = Object.keys(options).filter((name) => !original.includes(name));
  const fields = (names: readonly string[]) => (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      {names.map((name) => options[name] && <OptionField key={name} {...options[name]} />)}
    </SimpleGrid>
  );
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="animation">
        <Accordion.Control>
          Steps animation{' '}
          <Text span size="sm" c="dimmed">
            {scriptEnabled ? summaryOf(options) : 'off'}
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="md">
            <Checkbox
              label="Script Enabled"
              description="Make a movie of the steps; without it, the image alone is made."
              checked={scriptEnabled}
              onChange={(event) => setScriptEnabled(tab, event.currentTarget.checked)}
            />
            <Text size="sm" c="dimmed">
              One second for each ten steps is a good rule for the duration.
            </Text>
            {fields(original)}
            <Accordion variant="default" chevronPosition="left">
              <Accordion.Item value="more" style={{ border: 0 }}>
                <Accordion.Control>More</Accordion.Control>
                <Accordion.Panel>{fields(newer)}</Accordion.Panel>
              </Accordion.Item>
            </Accordion>
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
