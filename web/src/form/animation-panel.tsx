import { Checkbox, SimpleGrid, Stack, Text } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import { codecTitles } from './codec-titles.js';
import { setScriptEnabled, type Tab, useForm } from './form-store.js';
import { OptionField } from './option-field.js';
import { Section, Sections } from './sections.js';
import { useOptions } from './use-options.js';

/** The controls of the first Steps Animation script, in its order. */
const original = [
  ...['codec', 'interpolation', 'duration', 'skipSteps', 'lastFrameDuration', 'debug', 'runIncomplete'],
  ...['deleteIntermediate', 'createAnimation', 'intermediatePath', 'animationPath'],
];

/** The panel of the script, with the newer options after the first ones. */
export function AnimationPanel({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { scriptEnabled } = useForm(tab);
  const options = useOptions(tab, 'animation');
  const newer = Object.keys(options).filter((name) => !original.includes(name));
  const titles = about ? codecTitles(about) : {};
  const fields = (names: readonly string[]) => (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      {names.map((name) => options[name] && <OptionField key={name} {...options[name]} titles={titles} />)}
    </SimpleGrid>
  );
  return (
    <Sections>
      <Section name="animation" title="Steps animation" summary={scriptEnabled ? summaryOf(options) : 'off'}>
        <Stack gap="md">
          <Checkbox
            label="Script Enabled"
            description="Make a movie of the steps; without it, the image alone is made. Default: on."
            checked={scriptEnabled}
            onChange={(event) => setScriptEnabled(tab, event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed">
            One second for each ten steps is a good rule for the duration.
          </Text>
          {fields(original)}
          <Sections variant="filled">
            <Section name="more" title="More">
              {fields(newer)}
            </Section>
          </Sections>
        </Stack>
      </Section>
    </Sections>
  );
}

/** What the closed panel says. */
function summaryOf({ codec, interpolation, duration, createAnimation }: ReturnType<typeof useOptions>): string {
  if (!codec || !interpolation || !duration) return '';
  if (createAnimation?.value === false) return 'intermediate images alone';
  const length = duration.value === 'auto' ? '1 s for each 10 steps' : `${duration.value} s`;
  return `${codec.value}, ${interpolation.value === 'none' ? 'no interpolation' : interpolation.value}, ${length}`;
}
