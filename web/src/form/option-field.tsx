import { Checkbox, Select, TextInput } from '@mantine/core';
import type { OptionShape } from '../api/types.js';
import type { Value } from './form-store.js';
import { NumberField } from './number-field.js';
import { problemOf } from './option-problem.js';
import { helpOf, labelOf } from './option-text.js';
import { WithHelp } from './with-help.js';

type Props = {
  readonly option: OptionShape;
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
  /** what choices are called, where their names say too little */
  readonly titles?: Readonly<Record<string, string>>;
  /** whether the help is shown below the label, or when asked for */
  readonly helps?: boolean;
};

/** The field of one option, by its description. */
export function OptionField({ helps = true, ...props }: Props) {
  const { option } = props;
  if (helps) return <Field {...props} description={helpOf(option)} />;
  return (
    <WithHelp option={option}>
      <Field {...props} />
    </WithHelp>
  );
}

/** Helps differ in length: below the inputs they leave those of a row at one height. */
const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

type FieldProps = Omit<Props, 'helps'> & { readonly description?: string };

function Field({ option, value = option.default as Value, onChange, titles = {}, description }: FieldProps) {
  const { type, word, choices } = option;
  const named = { label: labelOf(option), description };
  if (type === 'boolean') {
    return <Checkbox {...named} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
  const text = { ...named, inputWrapperOrder: order };
  if (type !== 'string') {
    const emptyMeans = word === undefined ? {} : { emptyMeans: word, placeholder: word };
    return <NumberField {...text} option={option} value={value} onChange={onChange} {...emptyMeans} />;
  }
  const error = problemOf(option, value);
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
