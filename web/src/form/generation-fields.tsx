import { ActionIcon, Group, SimpleGrid, Stack, Switch, Text, Tooltip } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import type { AboutShape } from '../api/types.js';
import { DiceIcon, RecycleIcon, SwapIcon } from '../ui/icons.js';
import { Section, Sections } from './form-layout.js';
import { type BoundOption, useOptions } from './form-options.js';
import { setOptions, type Tab } from './form-store.js';
import { NumberField, OptionField, SliderField } from './option-field.js';
import { WithHelp } from './option-help.js';

type Props = { readonly tab: Tab; readonly lastSeed: number | undefined };

/** The generation options of a tab, in the layout of the web UIs. */
export function GenerationFields({ tab, lastSeed }: Props) {
  const { data: about } = useAbout();
  const options = useOptions(tab, 'generation');
  const titles = Object.fromEntries(about?.models.map((model) => [model.name, titleOf(model, about)]) ?? []);
  const field = (name: string, titles: Readonly<Record<string, string>> = {}) =>
    options[name] && <OptionField key={name} {...options[name]} help="button" titles={titles} />;
  return (
    <Stack gap="md">
      {field('model', titles)}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {field('sampler')}
        {field('scheduler')}
      </SimpleGrid>
      {options.steps && <SliderField {...options.steps} max={100} />}
      <SizeFields tab={tab} />
      <SimpleGrid cols={2} spacing="md">
        {field('batchCount')}
        {field('batchSize')}
      </SimpleGrid>
      {options.cfgScale && <SliderField {...options.cfgScale} max={20} step={0.5} />}
      <SeedField tab={tab} lastSeed={lastSeed} />
      <Sections>
        {tab === 'txt2img' && <HiresSection tab={tab} />}
        <Section name="advanced" title="Advanced">
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
            {Object.entries(options)
              .filter(([, { option }]) => option.section === undefined)
              .map(([name, bound]) => (
                <OptionField key={name} {...bound} />
              ))}
          </SimpleGrid>
        </Section>
      </Sections>
    </Stack>
  );
}

/** A model with its size, and with its hosts if the service has several. */
function titleOf({ name, width, height, hosts }: AboutShape['models'][number], { models }: AboutShape): string {
  const allHosts = new Set(models.flatMap((model) => model.hosts));
  return `${name} (${width} × ${height}${allHosts.size > 1 ? `, ${hosts.join(', ')}` : ''})`;
}

/** Width and height; an empty field means the size of the model. */
function SizeFields({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { width, height, model } = useOptions(tab, 'generation');
  if (!width || !height) return null;
  const modelSize = about?.models.find(({ name }) => name === model?.value);
  const side = (bound: BoundOption, modelSide: number | undefined) => (
    <WithHelp option={bound.option} label={bound.option.label}>
      <NumberField
        {...bound}
        label={bound.option.label}
        emptyValue={0}
        placeholder={modelSide === undefined ? "the model's own" : String(modelSide)}
      />
    </WithHelp>
  );
  const swap = () => setOptions(tab, { generation: { width: height.value, height: width.value } });
  return (
    <Group align="start" gap="xs" wrap="nowrap">
      {side(width, modelSize?.width)}
      <Tooltip label="Swap width and height">
        <ActionIcon variant="default" size={36} mt={25} onClick={swap} aria-label="Swap width and height">
          <SwapIcon />
        </ActionIcon>
      </Tooltip>
      {side(height, modelSize?.height)}
    </Group>
  );
}

/** The seed, with buttons for a random seed and for the seed of the last image. */
function SeedField({ tab, lastSeed }: Props) {
  const { seed } = useOptions(tab, 'generation');
  if (!seed) return null;
  return (
    <Group align="start" gap="xs" wrap="nowrap">
      <WithHelp option={seed.option}>
        <NumberField {...seed} label={seed.option.label} emptyValue={-1} placeholder="random" />
      </WithHelp>
      <Tooltip label="A new random seed for each job">
        <ActionIcon variant="default" size={36} mt={25} onClick={() => seed.onChange(-1)} aria-label="Random seed">
          <DiceIcon />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="The seed of the last image">
        <ActionIcon
          variant="default"
          size={36}
          mt={25}
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

/** Sizes in pixels are multiples of this. */
const sizeStep = 8;

/** The second pass in a larger size; a scale of 1 turns it off. */
function HiresSection({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { hiresScale: scale, width, height, model, ...options } = useOptions(tab, 'generation');
  if (!scale) return null;
  const modelSize = about?.models.find(({ name }) => name === model?.value);
  const first = [Number(width?.value) || modelSize?.width || 0, Number(height?.value) || modelSize?.height || 0];
  const second = first.map((side) => Math.round((side * Number(scale.value)) / sizeStep) * sizeStep);
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
            <SliderField {...scale} max={4} step={0.05} />
            <Text size="sm" c="dimmed" aria-live="polite">
              {sizes}
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
              {Object.entries(options)
                .filter(([, { option }]) => option.section === 'hires')
                .map(([name, bound]) => (
                  <OptionField key={name} {...bound} />
                ))}
            </SimpleGrid>
          </>
        )}
      </Stack>
    </Section>
  );
}
