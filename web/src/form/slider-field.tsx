import { Group, InputLabel, NumberInput, Slider } from '@mantine/core';
import type { BoundOption } from './use-options.js';

/** A number with a slider, which reaches as far as most people go; the number goes further. */
export function SliderField({
  option,
  value,
  onChange,
  most,
  step = 1,
}: BoundOption & { readonly most: number; readonly step?: number }) {
  return (
    <div>
      <Group justify="space-between" align="end" wrap="nowrap">
        <InputLabel htmlFor={`field-${option.name}`} title={option.help}>
          {option.label}
        </InputLabel>
        <NumberInput
          id={`field-${option.name}`}
          w={96}
          size="xs"
          value={Number(value)}
          min={option.minimum ?? 0}
          max={option.maximum ?? most}
          step={step}
          clampBehavior="blur"
          onChange={(number) => typeof number === 'number' && onChange(number)}
        />
      </Group>
      <Slider
        mt={6}
        thumbLabel={option.label}
        label={null}
        min={option.minimum ?? 0}
        max={most}
        step={step}
        value={Math.min(Number(value), most)}
        onChange={onChange}
      />
    </div>
  );
}
