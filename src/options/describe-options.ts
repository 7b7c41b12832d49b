import { z } from 'zod';
import { kebabCase } from '../util/letter-case.js';

/** An option as a person is told of it; the flags, their help and docs/options.md are all made from this. */
export type OptionDescription = {
  /** in camelCase, as in the library */
  readonly name: string;
  /** in kebab-case with dashes before it, as on the command line */
  readonly flag: string;
  readonly type: 'boolean' | 'integer' | 'number' | 'string';
  /** as a form names it */
  readonly label: string;
  readonly help: string;
  readonly unit?: string;
  readonly default: unknown;
  readonly choices?: readonly string[];
  /** a word that a number may also be */
  readonly word?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
};

const textSchema = z.object({
  label: z.string(),
  help: z.string(),
  unit: z.string().exactOptional(),
  default: z.unknown(),
});
const valueSchema = z.object({
  type: z.enum(['boolean', 'integer', 'number', 'string']),
  enum: z.array(z.string()).optional(),
  minLength: z.number().exactOptional(),
  minimum: z.number().exactOptional(),
  maximum: z.number().exactOptional(),
  multipleOf: z.number().exactOptional(),
});

/** A value of one kind, or a number or else one word. */
const alternativesSchema = z.union([
  z
    .object({ anyOf: z.tuple([valueSchema, z.object({ const: z.string() })]) })
    .transform(({ anyOf: [value, { const: word }] }) => ({ value, word })),
  valueSchema.transform((value) => ({ value, word: undefined })),
]);

/** Describes the options of a schema in its order. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'output' });
  return Object.entries(properties).map(([name, property]) => {
    const { value, word } = alternativesSchema.parse(property);
    const { enum: choices, ...facts } = value;
    return {
      ...{ name, flag: `--${kebabCase(name)}`, ...textSchema.parse(property), ...facts },
      ...(choices && { choices }),
      ...(word !== undefined && { word }),
    };
  });
}

/** What an option takes, as the end of a sentence: `a whole number from 1 to 1000`. */
export function allowedValues(description: OptionDescription): string {
  const { type, choices, minLength = 0, multipleOf } = description;
  if (choices) return choices.length > 1 ? `one of ${choices.join(', ')}` : choices.join();
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return minLength > 0 ? 'a text that is not empty' : 'a text';
  if (multipleOf !== undefined && Number.isInteger(multipleOf)) {
    return `a multiple of ${multipleOf} from ${rangeOf(description)}`;
  }
  const or = description.word === undefined ? '' : ` or ${description.word}`;
  return `a ${type === 'integer' ? 'whole number' : 'number'} from ${rangeOf(description)}${or}`;
}

/** The limits of a number: `0.5 to 120 seconds`. */
export function rangeOf({ minimum, maximum, multipleOf = 1, unit }: OptionDescription): string {
  const limits = maximum === undefined ? `${minimum} upwards` : `${minimum} to ${maximum}`;
  return `${limits}${unit ? ` ${unit}` : ''}${multipleOf < 1 ? ` in steps of ${multipleOf}` : ''}`;
}
