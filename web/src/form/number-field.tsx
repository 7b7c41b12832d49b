import { NumberInput, type NumberInputProps } from '@mantine/core';
import { useState } from 'react';
import type { OptionShape } from '../api/types.js';
import type { Value } from './form-store.js';
import { problemOf } from './option-problem.js';

type Props = Omit<NumberInputProps, 'value' | 'onChange' | 'error'> & {
  readonly option: OptionShape;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** what an empty field stands for; without it, a field that is left empty has its value again */
  readonly emptyMeans?: Value | undefined;
  /** whether words tell what is wrong, or the colour alone because words stand elsewhere */
  readonly explains?: boolean;
};

/** The field of a number; it says what is wrong with it, and changes nothing by itself. */
export function NumberField({ option, value, onChange, emptyMeans, explains = true, ...props }: Props) {
  const [isEmpty, setEmpty] = useState(false);
  const problem = problemOf(option, value);
  const take = (typed: number | string) => {
    setEmpty(typed === '');
    if (typeof typed === 'number') onChange(typed);
    else if (typed === '' && emptyMeans !== undefined) onChange(emptyMeans);
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
      value={isEmpty || value === emptyMeans ? '' : Number(value)}
      error={explains ? problem : problem !== undefined}
      onChange={take}
      onBlur={() => setEmpty(false)}
    />
  );
}
