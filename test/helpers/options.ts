import type { OptionDescription } from '#src/options/describe-options.js';

/** A value of an option that is not its default. */
export function otherValue({
  type,
  choices,
  default: value,
  minimum = 0,
  maximum,
  multipleOf = 1,
}: OptionDescription): unknown {
  if (choices) return choices.find((choice) => choice !== value);
  if (type === 'string') return 'another';
  if (type === 'boolean') return !value;
  return value === minimum || value === 'auto' ? minimum + multipleOf : (maximum ?? minimum);
}
