import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { DiceIcon, RecycleIcon } from '../app/icons.js';
import type { Tab } from './form-store.js';
import { NumberField } from './number-field.js';
import { useOptions } from './use-options.js';
import { WithHelp } from './with-help.js';

type Props = { readonly tab: Tab; readonly lastSeed: number | undefined };

/** The seed, with a dice for a random one each time, and the last image's at hand. */
export function SeedField({ tab, lastSeed }: Props) {
  const { seed } = useOptions(tab, 'generation');
  if (!seed) return null;
  return (
    <Group align="start" gap="xs" wrap="nowrap">
      <WithHelp option={seed.option}>
        <NumberField {...seed} label={seed.option.label} emptyMeans={-1} placeholder="random" />
      </WithHelp>
      <Tooltip label="A random seed each time">
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
