import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { useAbout } from '../api/queries.js';
import { SwapIcon } from '../app/icons.js';
import { setOptions, type Tab } from './form-store.js';
import { NumberField } from './number-field.js';
import { type BoundOption, useOptions } from './use-options.js';
import { WithHelp } from './with-help.js';

/** Width and height; empty ones are the model's own. */
export function SizeFields({ tab }: { readonly tab: Tab }) {
  const { data: about } = useAbout();
  const { width, height, model } = useOptions(tab, 'generation');
  if (!width || !height) return null;
  const own = about?.models.find(({ name }) => name === model?.value);
  const side = (bound: BoundOption, ownSide: number | undefined) => (
    <WithHelp option={bound.option} label={bound.option.label}>
      <NumberField
        {...bound}
        label={bound.option.label}
        emptyMeans={0}
        placeholder={ownSide === undefined ? "the model's own" : String(ownSide)}
      />
    </WithHelp>
  );
  const swap = () => setOptions(tab, { generation: { width: height.value, height: width.value } });
  return (
    <Group align="start" gap="xs" wrap="nowrap">
      {side(width, own?.width)}
      <Tooltip label="Swap width and height">
        <ActionIcon variant="default" size={36} mt={25} onClick={swap} aria-label="Swap width and height">
          <SwapIcon />
        </ActionIcon>
      </Tooltip>
      {side(height, own?.height)}
    </Group>
  );
}
