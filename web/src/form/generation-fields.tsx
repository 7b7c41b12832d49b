import { Accordion, ActionIcon, Group, NumberInput, SimpleGrid, Stack, Tooltip } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import { DiceIcon, RecycleIcon, SwapIcon } from '../app/icons.js';
import { setOptions, type Tab } from './form-store.js';
import { OptionField } from './option-field.js';
import { SliderField } from './slider-field.js';
import { type BoundOption, useOptions } from './use-options.js';

const advanced = [
  ...['clipSkip', 'guidanceRescale', 'rng', 'variationSeed', 'variationStrength', 'seedResizeFromWidth'],
  ...['seedResizeFromHeight', 'eta', 'sigmaMin', 'sigmaMax', 'rho', 'sChurn', 'sTmin', 'sTmax', 'sNoise', 'preview'],
];
const hires = ['hiresScale', 'hiresUpscaler', 'hiresSteps', 'hiresDenoisingStrength'];

/** The settings of a tab, laid out as users of web UIs know them. */
export function GenerationFields({ tab, lastSeed }: { readonly tab: Tab; readonly lastSeed: number | undefined }) {
  const { data: about } = useAbout();
  const options = useOptions(tab, 'generation');
  const field = (name: string, choices?: readonly string[]) =>
    options[name] && <OptionField key={name} {...options[name]} helps={false} {...(choices ? { choices } : {})} />;
  return (
    <Stack gap="md">
      {field(
        'model',
        about?.models.map(({ name }) => name),
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {field('sampler', about?.samplers)}
        {field('scheduler', about?.schedulers)}
      </SimpleGrid>
      {options.steps && <SliderField {...options.steps} most={100} />}
      <SizeFields tab={tab} />
      <SimpleGrid cols={2} spacing="md">
        {field('batchCount')}
        {field('batchSize')}
      </SimpleGrid>
      {options.cfgScale && <SliderField {...options.cfgScale} most={20} step={0.5} />}
      <SeedField tab={tab} lastSeed={lastSeed} />
      <Accordion variant="contained" chevronPosition="left" multiple>
        {tab === 'txt2img' && <Section value="hires" title="Hires pass" names={hires} options={options} />}
        <Section value="advanced" title="Advanced" names={advanced} options={options} />
      </Accordion>
    </Stack>
  );
}

type SectionProps = {
  /** becomes a part of ids, so it has no spaces */
  readonly value: string;
  readonly title: string;
  readonly names: readonly string[];
  readonly options: Readonly<Record<string, BoundOption>>;
};

function Section({ value, title, names, options }: SectionProps) {
  return (
    <Accordion.Item value={value}>
      <Accordion.Control>{title}</Accordion.Control>
      <Accordion.Panel>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          {names.map((name) => options[name] && <OptionField key={name} {...options[name]} />)}
        </SimpleGrid>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function SizeFields({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { width, height, model } = useOptions(tab, 'generation');
  if (!width || !height) return null;
  const own = about?.models.find(({ name }) => name === model?.value);
  const side = ({ option, value, onChange }: BoundOption, ownSide: number | undefined) => (
    <NumberInput
      flex={1}
      label={option.label}
      value={Number(value) || ''}
      placeholder={ownSide === undefined ? "the model's own" : String(ownSide)}
      min={64}
      max={option.maximum ?? 4096}
      step={option.multipleOf ?? 8}
      clampBehavior="blur"
      onChange={(number) => onChange(typeof number === 'number' ? number : 0)}
    />
  );
  const swap = () => setOptions(tab, { generation: { width: height.value, height: width.value } });
  return (
    <Group align="end" gap="xs" wrap="nowrap">
      {side(width, own?.width)}
      <Tooltip label="Swap width and height">
        <ActionIcon variant="default" size={36} onClick={swap} aria-label="Swap width and height">
          <SwapIcon />
        </ActionIcon>
      </Tooltip>
      {side(height, own?.height)}
    </Group>
  );
}

function SeedField({ tab, lastSeed }: { readonly tab: Tab; readonly lastSeed: number | undefined }) {
  const { seed } = useOptions(tab, 'generation');
  if (!seed) return null;
  return (
    <Group align="end" gap="xs" wrap="nowrap">
      <NumberInput
        flex={1}
        label={seed.option.label}
        value={Number(seed.value)}
        min={-1}
        max={seed.option.maximum ?? 4294967295}
        clampBehavior="blur"
        onChange={(number) => typeof number === 'number' && seed.onChange(number)}
      />
      <Tooltip label="A random seed each time">
        <ActionIcon variant="default" size={36} onClick={() => seed.onChange(-1)} aria-label="Random seed">
          <DiceIcon />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="The seed of the last image">
        <ActionIcon
          variant="default"
          size={36}
          disabled={lastSeed === undefined}
          onClick={() => lastSeed !== undefined && seed.onChange(lastSeed)}
          aria-label="Seed of the last image"
        >
          <RecycleIcon />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
