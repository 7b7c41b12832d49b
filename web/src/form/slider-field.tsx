import { Group, Input, Slider, Text } from '@mantine/core';
import { HelpButton } from './help-button.js';
import { NumberField } from './number-field.js';
import { problemOf } from './option-problem.js';
import { labelOf } from './option-text.js';
import type { BoundOption } from './use-options.js';

type Props = BoundOption & {
  /** how far the slider reaches */
  readonly most: number;
  /** where it begins, if not at the least */
  readonly least?: number;
  readonly step?: number;
};

/** A number with a slider, which reaches as far as most people go; the number goes further. */
export function SliderField({ option, value, onChange, most, least = option.minimum ?? 0, step = 1 }: Props) {
  const problem = problemOf(option, value);
  const id = `field-${option.name}`;
  return (
    <div>
      <Group justify="space-between" align="center" wrap="nowrap">
        <Group gap={2} wrap="nowrap">
          <Input.Label htmlFor={id}>{labelOf(option)}</Input.Label>
          <HelpButton option={option} />
        </Group>
        <NumberField
          id={id}
          w={96}
          size="xs"
          step={step}
          explains={false}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          {...{ option, value, onChange }}
        />
      </Group>
      <Slider
        mt={6}
        thumbLabel={option.label}
        label={null}
        min={least}
        max={most}
        step={step}
        value={Math.min(Number(value) || 0, most)}
        onChange={onChange}
      />
      {problem !== undefined && (
        <Text id={`${id}-problem`} size="xs" c="var(--mantine-color-error)" mt={4}>
          {problem}
        </Text>
      )}
    </div>
  );
}
