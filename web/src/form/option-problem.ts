import type { OptionShape } from '../api/types.js';
import type { Value } from './form-store.js';

/** What is wrong with the value of an option, as a sentence; undefined when it can be sent. */
export function problemOf(option: OptionShape, value: Value): string | undefined {
  const { type, word, choices, minLength } = option;
  if (word !== undefined && value === word) return undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'It is either on or off.';
  if (type !== 'string') return problemOfNumber(option, value);
  if (typeof value !== 'string') return 'It is a text.';
  if (choices && !choices.includes(value)) return `There is no ${value} here: choose another.`;
  return value.length < (minLength ?? 0) ? 'It must not be empty.' : undefined;
}

function problemOfNumber({ type, minimum, maximum, multipleOf }: OptionShape, value: Value): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'It is a number.';
  if (type === 'integer' && !Number.isInteger(value)) return 'It is a whole number.';
  const isBelow = minimum !== undefined && value < minimum;
  const isAbove = maximum !== undefined && value > maximum;
  if (isBelow || isAbove) return limits(minimum, maximum);
  return multipleOf === undefined || isMultiple(value, multipleOf) ? undefined : `It is a multiple of ${multipleOf}.`;
}

function limits(minimum: number | undefined, maximum: number | undefined): string {
  if (maximum === undefined) return `It is ${minimum} or more.`;
  if (minimum === undefined) return `It is ${maximum} or less.`;
  return `It is between ${minimum} and ${maximum}.`;
}

/** Tenths are not exact in binary. */
function isMultiple(value: number, unit: number): boolean {
  const times = value / unit;
  return Math.abs(times - Math.round(times)) < 1e-6;
}
