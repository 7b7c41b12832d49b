import {
  Checkbox,
  Group,
  Input,
  NumberInput,
  type NumberInputProps,
  Select,
  Slider,
  Text,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import type { OptionShape } from '../api/types.js';
import type { BoundOption } from './form-options.js';
import type { Value } from './form-store.js';
import { helpOf, labelOf, optionProblem } from './option-checks.js';
import { HelpButton, WithHelp } from './option-help.js';

type FieldProps = {
  readonly option: OptionShape;
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
  /** labels of choices; default: their names */
  readonly titles?: Readonly<Record<string, string>>;
  /** where the help is: in the form, or behind a help button; default: inline */
  readonly help?: 'inline' | 'button';
};

/** Help texts differ in length: below the inputs, they leave the inputs of a row aligned. */
const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

/** The field of an option, chosen by its type. */
export function OptionField({ help = 'inline', ...props }: FieldProps) {
  const { option } = props;
  if (help === 'inline') return <Field {...props} description={helpOf(option)} />;
  return (
    <WithHelp option={option}>
      <Field {...props} />
    </WithHelp>
  );
}

type InputProps = Omit<FieldProps, 'help'> & { readonly description?: string };

function Field({ option, value = option.default as Value, onChange, titles = {}, description }: InputProps) {
  const { type, word, choices } = option;
  const named = { label: labelOf(option), description };
  if (type === 'boolean') {
    return <Checkbox {...named} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
  const text = { ...named, inputWrapperOrder: order };
  if (type !== 'string') {
    const emptyValue = word === undefined ? {} : { emptyValue: word, placeholder: word };
    return <NumberField {...text} option={option} value={value} onChange={onChange} {...emptyValue} />;
  }
  const error = optionProblem(option, value);
  if (choices) {
    const names = choices.includes(String(value)) ? choices : [String(value), ...choices];
    return (
      <Select
        {...text}
        error={error}
        data={names.map((name) => ({ value: name, label: titles[name] ?? name }))}
        value={String(value)}
        onChange={(name) => name !== null && onChange(name)}
        allowDeselect={false}
        searchable={names.length > 8}
      />
    );
  }
  return (
    <TextInput
      {...text}
      error={error}
      value={String(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

type NumberProps = Omit<NumberInputProps, 'value' | 'onChange' | 'error'> & {
  readonly option: OptionShape;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** value of an empty field; default: none, and an empty field gets its last value back on blur */
  readonly emptyValue?: Value | undefined;
  /** whether the problem is shown as text or by colour only; default: true */
  readonly showsProblem?: boolean;
};

/** The field of a number. It shows what is wrong with a number but does not clamp it. */
export function NumberField({ option, value, onChange, emptyValue, showsProblem = true, ...props }: NumberProps) {
  const [isEmpty, setEmpty] = useState(false);
  const problem = optionProblem(option, value);
  const change = (typed: number | string) => {
    setEmpty(typed === '');
    if (typeof typed === 'number') onChange(typed);
    else if (typed === '' && emptyValue !== undefined) onChange(emptyValue);
  };
  return (
    <NumberInput
      step={option.multipleOf ?? (option.type === 'integer' ? 1 : 0.1)}
      allowDecimal={option.type === 'number'}
      allowNegative={(option.minimum ?? -1) < 0}
      clampBehavior="none"
      {...(option.minimum === undefined ? {} : { min: option.minimum })}
      {...(option.maximum === undefined ? {} : { max: option.maximum })}
      {...props}
      value={isEmpty || value === emptyValue ? '' : Number(value)}
      error={showsProblem ? problem : problem !== undefined}
      onChange={change}
      onBlur={() => setEmpty(false)}
    />
  );
}

type SliderProps = BoundOption & {
  /** maximum of the slider */
  readonly max: number;
  readonly step?: number;
};

/** A number with a slider for common values; the number can be higher than the slider's maximum. */
export function SliderField({ option, value, onChange, max, step = 1 }: SliderProps) {
  const problem = optionProblem(option, value);
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
          showsProblem={false}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          {...{ option, value, onChange }}
        />
      </Group>
      <Slider
        mt={6}
        thumbLabel={option.label}
        label={null}
        min={option.minimum ?? 0}
        max={max}
        step={step}
        value={Math.min(Number(value) || 0, max)}
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
