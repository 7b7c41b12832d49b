import { type Command, Option } from 'commander';
import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { allowedValues, describeOptions, type OptionDescription, rangeOf } from '../options/describe-options.js';

/** A flag that has a `--no-…` beside it, which the help tells in the same line. */
class NegatableOption extends Option {}

/** How the help writes an option. */
export function optionTerm(option: Option): string {
  return option instanceof NegatableOption ? option.flags.replace('--', '--[no-]') : option.flags;
}

/**
 * Adds a flag for every option of a schema. The help shows the defaults, the schema sets them.
 * @param isTaken which of the options the command takes; all if left out
 */
export function addFlags(
  command: Command,
  heading: string,
  schema: z.ZodObject,
  isTaken: (option: OptionDescription) => boolean = () => true,
): void {
  command.optionsGroup(heading);
  for (const description of describeOptions(schema).filter(isTaken)) {
    for (const option of flagsOf(description)) command.addOption(option);
  }
}

function flagsOf(description: OptionDescription): Option[] {
  const { flag, type, help, default: defaultValue } = description;
  if (type === 'boolean') {
    const negative = new Option(flag.replace('--', '--no-')).hideHelp();
    return [new NegatableOption(flag, `${help} (default: ${defaultValue ? 'yes' : 'no'})`), negative];
  }
  const placeholder = description.choices ? 'name' : type === 'string' ? 'text' : 'number';
  return [new Option(`${flag} <${placeholder}>`, `${help} (${hint(description)})`)];
}

function hint(description: OptionDescription): string {
  const { type, choices, default: defaultValue } = description;
  const shownDefault = `default: ${defaultValue === '' ? 'none' : defaultValue}`;
  if (choices) return `${allowedValues(description)}; ${shownDefault}`;
  if (type === 'string') return shownDefault;
  const range = [rangeOf(description), ...(description.word === undefined ? [] : [`or ${description.word}`])].join(' ');
  return `${range}; ${shownDefault}`;
}

/**
 * The options of a schema from a command's values, checked and complete.
 * @throws StepsAnimationError `usage` naming the first wrong value and what is allowed
 */
export function readOptions<S extends z.ZodObject>(schema: S, values: Readonly<Record<string, unknown>>): z.output<S> {
  const descriptions = describeOptions(schema);
  const given = descriptions.filter(({ name }) => values[name] !== undefined);
  const input = Object.fromEntries(given.map((description) => [description.name, fromText(description, values)]));
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const description = descriptions.find(({ name }) => name === issue?.path[0]);
  if (!issue || !description) throw new StepsAnimationError('usage', z.prettifyError(result.error));
  throw new StepsAnimationError('usage', sentence(issue, description, values[description.name]));
}

function fromText({ name, type, word }: OptionDescription, values: Readonly<Record<string, unknown>>): unknown {
  const value = values[name];
  const isText = type === 'boolean' || type === 'string' || typeof value !== 'string' || value.trim() === '';
  return isText || value === word ? value : Number(value);
}

function sentence(issue: z.core.$ZodIssue, description: OptionDescription, value: unknown): string {
  const isOwn = issue.code === 'custom' || (issue.code === 'invalid_format' && issue.message.startsWith('must'));
  const requirement = isOwn ? issue.message : `must be ${allowedValues(description)}`;
  return `${description.flag} ${requirement}, not ${JSON.stringify(value)}`;
}
