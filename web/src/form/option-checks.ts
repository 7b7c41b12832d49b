import { allowedValues } from '../../../src/options/allowed-values.js';
import type { OptionShape } from '../api/types.js';
import { words } from '../words/words.js';
import type { Value } from './form-store.js';

/** @returns why the service would refuse a value, as a sentence; undefined if it is valid */
export function optionProblem(option: OptionShape, value: Value): string | undefined {
  if (isAllowed(option, value)) return undefined;
  const { form } = words();
  return option.choices ? form.notAvailable(String(value)) : form.enter(allowedValues(option));
}

function isAllowed(option: OptionShape, value: Value): boolean {
  const { type, word, choices, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = option;
  if (word !== undefined && value === word) return true;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type !== 'string') return isNumberAllowed(option, value);
  return (
    typeof value === 'string' &&
    value.length >= minLength &&
    value.length <= maxLength &&
    (!choices || choices.includes(value))
  );
}

function isNumberAllowed({ type, minimum, maximum, multipleOf }: OptionShape, value: Value): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (type === 'integer' && !Number.isInteger(value)) return false;
  if (value < (minimum ?? value) || value > (maximum ?? value)) return false;
  if (multipleOf === undefined) return true;
  // Tenths are not exact in binary.
  const quotient = value / multipleOf;
  return Math.abs(quotient - Math.round(quotient)) < 1e-6;
}

/** The name of an option in the page: the plain word for it, or else that of the option. */
export function labelOf({ name, label }: Pick<OptionShape, 'name' | 'label'>): string {
  return words().options[name] ?? label;
}

/** What an option does, and its default. */
export function helpOf({ help, default: value, unit, word }: OptionShape): string {
  // Help texts are written in lower case without a full stop, for lists.
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
  if (typeof value === 'boolean') return `${sentence} Default: ${value ? 'on' : 'off'}.`;
  if (value === '' || value === undefined || value === null) return sentence;
  return `${sentence} Default: ${unit && value !== word ? `${value} ${unit}` : value}.`;
}
