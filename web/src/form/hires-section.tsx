import { SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import { hiresOptions } from './form-options.js';
import type { Tab } from './form-store.js';
import { OptionField } from './option-field.js';
import { Section } from './sections.js';
import { SliderField } from './slider-field.js';
import { useOptions } from './use-options.js';

/** Sizes are multiples of it. */
const unit = 8;

/** The second pass in a larger size: a scale of 1 is none. */
export function HiresSection({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { hiresScale: scale, width, height, model, ...options } = useOptions(tab, 'generation');
  if (!scale) return null;
  const own = about?.models.find(({ name }) => name === model?.value);
  const first = [Number(width?.value) || own?.width || 0, Number(height?.value) || own?.height || 0];
  const second = first.map((side) => Math.round((side * Number(scale.value)) / unit) * unit);
  const isOn = scale.value !== 1;
  const sizes = `${first.join(' × ')} becomes ${second.join(' × ')}`;
  return (
    <Section name="hires" title="Hires pass" summary={isOn ? second.join(' × ') : 'off'}>
      <Stack gap="md">
        <Switch
          label="Hires pass"
          description="A second pass in a larger size, which adds detail."
          checked={isOn}
          onChange={(event) => scale.onChange(event.currentTarget.checked ? 2 : 1)}
        />
        {isOn && (
          <>
            <SliderField {...scale} most={4} step={0.05} />
            <Text size="sm" c="dimmed" aria-live="polite">
              {sizes}
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
              {hiresOptions.map((name) => options[name] && <OptionField key={name} {...options[name]} />)}
            </SimpleGrid>
          </>
        )}
      </Stack>
    </Section>
  );
}
