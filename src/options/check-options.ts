import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { valueAt } from '../util/is-record.js';
import { allowedValues } from './allowed-values.js';
import { describeOptions, type OptionDescription } from './describe-options.js';
import { hasRows } from './option.js';

export type Wording = {
  /** what messages call an option, such as its flag; its name by default */
  readonly nameOf?: (option: string) => string;
  /** the values that messages show, such as the text of a flag; those that are checked by default */
  readonly given?: unknown;
};

/**
 * Checks options against their schema and completes them with the defaults. Functions that take the result, whose type
 * has all options, do not check again.
 * @throws StepsAnimationError `usage` naming the options with wrong values and what is allowed
 */
export function checkOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
  { nameOf = (option) => option, given = options }: Wording = {},
): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const [option] = issue.path;
    const name = option === undefined ? 'options' : [nameOf(String(option)), ...issue.path.slice(1)].join('.');
    const value = valueAt(given, issue.path);
    const shown = value === undefined ? '' : `, not ${typeof value === 'number' ? value : quoted(value)}`;
    return `${name} ${requirement(schema, issue)}${shown}`;
  });
  throw new StepsAnimationError('usage', `${sentences.join('; ')}.`);
}

/** Characters of a wrong value that a message shows. */
const maxQuoted = 200;

function quoted(value: unknown): string {
  const isLong = typeof value === 'string' && value.length > maxQuoted;
  return isLong ? `${JSON.stringify(value.slice(0, maxQuoted))}… (${value.length} characters)` : JSON.stringify(value);
}

/** What an option must be, as the end of a sentence. */
function requirement(schema: z.ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `must not have ${issue.keys.join(', ')}: there is no such option`;
  // Options with rules of their own have a sentence of their own.
  if (issue.code === 'custom' || issue.message.startsWith('must')) return issue.message;
  const description = descriptionOf(schema, String(issue.path[0]));
  return description ? `must be ${allowedValues(description)}` : `is not valid (${issue.message})`;
}

/** Schemas of other things than options have none. */
function descriptionOf(schema: z.ZodType, option: string): OptionDescription | undefined {
  if (!(schema instanceof z.ZodObject) || !hasRows(schema)) return undefined;
  return describeOptions(schema).find(({ name }) => name === option);
}

/** The value that a text stands for where an option is a number; anything else as it is. */
export function valueOfText({ type, word }: OptionDescription, value: unknown): unknown {
  const isText = type === 'boolean' || type === 'string' || typeof value !== 'string' || value.trim() === '';
  return isText || value === word ? value : Number(value);
}
