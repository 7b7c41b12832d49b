import { Checkbox, SimpleGrid, Stack, Text } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import type { AboutShape } from '../api/types.js';
import { Section, Sections } from './form-layout.js';
import { type BoundOption, useOptions } from './form-options.js';
import { setScriptEnabled, type Tab, useForm } from './form-store.js';
import { OptionField } from './option-field.js';

/** The options of the movie: those of the original script, and the newer ones below them. */
export function AnimationPanel({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { scriptEnabled } = useForm(tab);
  const options = useOptions(tab, 'animation');
  const placeOf = ({ option }: BoundOption) => option.place ?? Number.POSITIVE_INFINITY;
  const original = Object.values(options)
    .filter(({ option }) => option.place !== undefined)
    .sort((a, b) => placeOf(a) - placeOf(b));
  const newer = Object.values(options).filter(({ option }) => option.place === undefined);
  const titles = about ? codecTitles(about) : {};
  const fields = (shown: readonly BoundOption[]) => (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      {shown.map((bound) => (
        <OptionField key={bound.option.name} {...bound} titles={titles} />
      ))}
    </SimpleGrid>
  );
  return (
    <Sections>
      <Section name="animation" title="Steps animation" summary={scriptEnabled ? summaryOf(options) : 'off'}>
        <Stack gap="md">
          <Checkbox
            label="Script Enabled"
            description="Makes a movie of the steps. If off, only the image is made. Default: on."
            checked={scriptEnabled}
            onChange={(event) => setScriptEnabled(tab, event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed">
            A rule of thumb for the duration: one second per ten steps.
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

/** The summary of the closed panel. */
function summaryOf({ codec, interpolation, duration, createAnimation }: ReturnType<typeof useOptions>): string {
  if (!codec || !interpolation || !duration) return '';
  if (createAnimation?.value === false) return 'intermediate images only';
  const length = duration.value === 'auto' ? '1 s per 10 steps' : `${duration.value} s`;
  return `${codec.value}, ${interpolation.value === 'none' ? 'no interpolation' : interpolation.value}, ${length}`;
}

/** Names of the formats of encoders, by codec. */
const formats: Readonly<Record<string, string>> = {
  x264: 'H.264',
  x265: 'HEVC',
  'vpx-vp9': 'VP9',
  'svt-av1': 'AV1',
  prores_ks: 'ProRes',
  apng: 'animated PNG',
};

/** Labels of the codecs: the name of an encoder with its format and file extension. */
function codecTitles({ codecs }: AboutShape): Readonly<Record<string, string>> {
  return Object.fromEntries(
    codecs.map(({ name, extension }) => [name, `${name} (${formats[name] ? `${formats[name]}, ` : ''}.${extension})`]),
  );
}
