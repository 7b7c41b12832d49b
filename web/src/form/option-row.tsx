import { NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { type CSSProperties, type ReactNode, useId, useState } from 'react';
import type { OptionShape } from '../api/types.js';
import { DownIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import type { Value } from './form-store.js';
import { helpOf, labelOf, optionProblem } from './option-checks.js';
import { Row } from './row.js';
import classes from './row.module.css';

export type OptionRowProps = {
  readonly option: OptionShape;
  /** default: that of the option */
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
  /** labels of choices; default: those of the words, or their names */
  readonly titles?: Readonly<Record<string, string>>;
  /** buttons after the control */
  readonly children?: ReactNode;
};

/** An option as a row, with the control that its type needs. */
export function OptionRow({ option, value = option.default as Value, onChange, titles, children }: OptionRowProps) {
  const id = useId();
  const label = labelOf(option);
  const isDefault = value === option.default || (option.default === '' && value === '');
  const props = { id, label, option, value, onChange };
  return (
    <Row
      label={label}
      htmlFor={id}
      help={helpOf(option)}
      onReset={isDefault ? undefined : () => onChange(option.default as Value)}
      problem={optionProblem(option, value)}
    >
      <Control {...props} titles={titles ?? words().choices[option.name] ?? {}} />
      {children}
    </Row>
  );
}

type ControlProps = {
  readonly id: string;
  readonly label: string;
  readonly option: OptionShape;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
};

function Control({ titles, ...props }: ControlProps & { readonly titles: Readonly<Record<string, string>> }) {
  const { id, option, value, onChange } = props;
  if (option.type === 'boolean') {
    return <Switch id={id} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  }
  if (option.type !== 'string') return <NumberControl {...props} />;
  const isInvalid = optionProblem(option, value) !== undefined;
  if (!option.choices) {
    return (
      <TextInput
        id={id}
        className={classes.input ?? ''}
        variant="unstyled"
        value={String(value)}
        error={isInvalid}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  const names = option.choices.includes(String(value)) ? option.choices : [String(value), ...option.choices];
  return (
    <Select
      id={id}
      className={classes.input ?? ''}
      variant="unstyled"
      data={names.map((name) => ({ value: name, label: titles[name] ?? name }))}
      value={String(value)}
      onChange={(name) => name !== null && onChange(name)}
      allowDeselect={false}
      rightSection={<DownIcon />}
      rightSectionWidth={28}
      searchable={names.length > 8}
      error={isInvalid}
      comboboxProps={{ width: 'max-content', position: 'bottom-end' }}
    />
  );
}

/** The largest values of sliders, where those of the options are not what people use. */
const sliderMaxima: Readonly<Record<string, number>> = {
  ...{ steps: 100, cfgScale: 20, batchCount: 16, batchSize: 16, hiresScale: 4, hiresSteps: 100, fps: 60, duration: 30 },
  ...{ skipSteps: 50, every: 20, sChurn: 20 },
};

/** Numbers up to this have a slider. */
const largestSlider = 100;

function NumberControl(props: ControlProps) {
  const { label, option, value, onChange } = props;
  const { minimum = 0, maximum = Number.POSITIVE_INFINITY, word } = option;
  const max = sliderMaxima[option.name] ?? maximum;
  const hasSlider = max <= largestSlider && word === undefined;
  const step = stepOf(option, max - minimum);
  const at = (100 * (Math.min(Number(value), max) - minimum)) / (max - minimum);
  return (
    <>
      {hasSlider && (
        <input
          type="range"
          className={classes.range}
          style={{ '--at': `${at}%` } as CSSProperties}
          aria-label={label}
          min={minimum}
          max={max}
          step={step}
          value={Math.min(Number(value), max)}
          onChange={(event) => onChange(Number(event.currentTarget.value))}
        />
      )}
      <NumberField
        {...props}
        step={step}
        isWide={!hasSlider}
        {...(word === undefined ? {} : { emptyValue: word, placeholder: words().form.auto })}
      />
      {option.unit && value !== word && (
        <span className={classes.unit}>{words().units[option.unit] ?? option.unit}</span>
      )}
    </>
  );
}

function stepOf({ type, multipleOf, name }: OptionShape, range: number): number {
  if (multipleOf !== undefined) return multipleOf;
  if (type === 'integer') return 1;
  if (name === 'cfgScale') return 0.5;
  return range <= 2 ? 0.01 : 0.1;
}

type NumberProps = Omit<ControlProps, 'label'> & {
  readonly label?: string;
  readonly step: number;
  readonly isWide?: boolean;
  /** value of an empty field; default: none, and an empty field gets its last value back on blur */
  readonly emptyValue?: Value;
  readonly placeholder?: string;
};

/** The field of a number. It shows what is wrong with a number but does not clamp it. */
export function NumberField({ id, option, value, onChange, step, isWide = false, emptyValue, ...props }: NumberProps) {
  const [isEmpty, setEmpty] = useState(false);
  const change = (typed: number | string) => {
    setEmpty(typed === '');
    if (typeof typed === 'number') onChange(typed);
    else if (typed === '' && emptyValue !== undefined) onChange(emptyValue);
  };
  return (
    <NumberInput
      id={id}
      className={classes.number ?? ''}
      mod={{ wide: isWide }}
      variant="unstyled"
      hideControls
      step={step}
      allowDecimal={option.type === 'number'}
      allowNegative={(option.minimum ?? -1) < 0}
      clampBehavior="none"
      {...(option.minimum === undefined ? {} : { min: option.minimum })}
      {...(option.maximum === undefined ? {} : { max: option.maximum })}
      {...(props.label === undefined ? {} : { 'aria-label': props.label })}
      placeholder={props.placeholder ?? ''}
      value={isEmpty || value === emptyValue ? '' : Number(value)}
      error={optionProblem(option, value) !== undefined}
      onChange={change}
      onBlur={() => setEmpty(false)}
    />
  );
}
