import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import type { OptionShape } from '../api/types.js';
import type { Value } from './form-store.js';

type Props = {
  readonly option: OptionShape;
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
  /** names to choose from, where the option itself does not know them */
  readonly choices?: readonly string[];
  /** whether the help is shown below the label, or when pointed at */
  readonly helps?: boolean;
};

/** The field of one option, by its description. */
export function OptionField({ option, value = option.default as Value, onChange, choices, helps = true }: Props) {
  const { label, help, type, unit, word } = option;
  const text = {
    label: unit ? `${label} (${unit})` : label,
    ...(helps ? { description: sentence(help) } : { title: help }),
  };
  const names = choices ?? option.choices;
  if (type === 'boolean') {
    return <Checkbox {...text} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
  if (names) {
    return (
      <Select
        {...text}
        data={names.includes(String(value)) ? [...names] : [String(value), ...names]}
        value={String(value)}
        onChange={(name) => name !== null && onChange(name)}
        allowDeselect={false}
        searchable={names.length > 8}
      />
    );
  }
  if (type === 'string') {
    return <TextInput {...text} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
  return (
    <NumberInput
      {...text}
      value={value === word ? '' : Number(value)}
      placeholder={word ?? ''}
      onChange={(number) => takeNumber(number, option, onChange)}
      {...(option.minimum === undefined ? {} : { min: option.minimum })}
      {...(option.maximum === undefined ? {} : { max: option.maximum })}
      step={option.multipleOf ?? (type === 'integer' ? 1 : 0.1)}
      allowDecimal={type === 'number'}
      clampBehavior="blur"
    />
  );
}

function takeNumber(number: number | string, { word }: OptionShape, onChange: (value: Value) => void): void {
  if (typeof number === 'number') onChange(number);
  else if (number === '' && word !== undefined) onChange(word);
}

/** Helps are written in lower case, for lists. */
function sentence(help: string): string {
  return `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
}
