/** What a value of an option may be. The page describes options with this too, so this file imports nothing. */
type Limits = {
  readonly type: 'boolean' | 'integer' | 'number' | 'string';
  readonly unit?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly word?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly multipleOf?: number | undefined;
};

/** What an option takes, as the end of a sentence: `a whole number from 1 to 1000`. */
export function allowedValues(limits: Limits): string {
  const { type, choices, minLength = 0, maxLength, multipleOf, word } = limits;
  if (choices) return choices.length > 1 ? `one of ${choices.join(', ')}` : choices.join();
  if (type === 'boolean') return 'true or false';
  if (type === 'string') {
    const most = maxLength === undefined ? '' : ` of at most ${maxLength} characters`;
    return minLength > 0 ? `a text${most} that is not empty` : `a text${most}`;
  }
  if (multipleOf !== undefined && Number.isInteger(multipleOf)) {
    return `a multiple of ${multipleOf} from ${rangeOf(limits)}`;
  }
  const or = word === undefined ? '' : ` or ${word}`;
  return `a ${type === 'integer' ? 'whole number' : 'number'} from ${rangeOf(limits)}${or}`;
}

/** The range of a number: `0.5 to 120 seconds`. */
export function rangeOf({ minimum, maximum, multipleOf = 1, unit }: Limits): string {
  const range = maximum === undefined ? `${minimum} upwards` : `${minimum} to ${maximum}`;
  return `${range}${unit ? ` ${unit}` : ''}${multipleOf < 1 ? ` in steps of ${multipleOf}` : ''}`;
}
