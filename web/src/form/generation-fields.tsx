import { SimpleGrid, Stack } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import type { AboutShape } from '../api/types.js';
import type { Tab } from './form-store.js';
import { HiresSection } from './hires-section.js';
import { OptionField } from './option-field.js';
import { Section, Sections } from './sections.js';
import { SeedField } from './seed-field.js';
import { SizeFields } from './size-fields.js';
import { SliderField } from './slider-field.js';
import { useOptions } from './use-options.js';

const advanced = [
  ...['clipSkip', 'guidanceRescale', 'rng', 'variationSeed', 'variationStrength', 'seedResizeFromWidth'],
  ...['seedResizeFromHeight', 'eta', 'sigmaMin', 'sigmaMax', 'rho', 'sChurn', 'sTmin', 'sTmax', 'sNoise', 'preview'],
];

/** The settings of a tab, laid out as users of web UIs know them. */
export function GenerationFields({ tab, lastSeed }: { readonly tab: Tab; readonly lastSeed: number | undefined }) {
  const { data: about } = useAbout();
  const options = useOptions(tab, 'generation');
  const titles = Object.fromEntries(about?.models.map((model) => [model.name, titleOf(model, about)]) ?? []);
  const field = (name: string, titles: Readonly<Record<string, string>> = {}) =>
    options[name] && <OptionField key={name} {...options[name]} helps={false} titles={titles} />;
  return (
    <Stack gap="md">
      {field('model', titles)}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {field('sampler')}
        {field('scheduler')}
      </SimpleGrid>
      {options.steps && <SliderField {...options.steps} most={100} />}
      <SizeFields tab={tab} />
      <SimpleGrid cols={2} spacing="md">
        {field('batchCount')}
        {field('batchSize')}
      </SimpleGrid>
      {options.cfgScale && <SliderField {...options.cfgScale} most={20} step={0.5} />}
      <SeedField tab={tab} lastSeed={lastSeed} />
      <Sections>
        {tab === 'txt2img' && <HiresSection tab={tab} />}
        <Section name="advanced" title="Advanced">
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
            {advanced.map((name) => options[name] && <OptionField key={name} {...options[name]} />)}
          </SimpleGrid>
        </Section>
      </Sections>
    </Stack>
  );
}

/** A model with its size, and with its hosts where there are several. */
function titleOf({ name, width, height, hosts }: AboutShape['models'][number], { models }: AboutShape): string {
  const places = new Set(models.flatMap((model) => model.hosts));
  return `${name} (${width} × ${height}${places.size > 1 ? `, ${hosts.join(', ')}` : ''})`;
}
