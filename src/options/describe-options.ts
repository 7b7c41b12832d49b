import { z } from 'zod';
import { kebabCase } from '../util/letter-case.js';
import { isOfLooks } from './looks.js';
import { type OptionRow, rowsOf } from './option.js';

/** An option in words and limits: flags, their help, docs/options.md and the page's form are made from this. */
export type OptionDescription = Pick<OptionRow, 'label' | 'help' | 'unit' | 'section' | 'needsSampling'> & {
  /** in camelCase, as in the library */
  readonly name: string;
  /** in kebab-case with dashes before it, as on the command line */
  readonly flag: string;
  readonly type: 'boolean' | 'integer' | 'number' | 'string';
  readonly default: unknown;
  /** whether it has no default of its own: its value is that of the look, if it is not given */
  readonly isOfLook?: true;
  readonly choices?: readonly string[];
  /** a word that may stand in for a number */
  readonly word?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  /** place among the arguments of the original Steps Animation script, from 1 */
  readonly place?: number;
};

const valueSchema = z.object({
  type: z.enum(['boolean', 'integer', 'number', 'string']),
  enum: z.array(z.string()).optional(),
  minLength: z.number().exactOptional(),
  maxLength: z.number().exactOptional(),
  minimum: z.number().exactOptional(),
  maximum: z.number().exactOptional(),
  multipleOf: z.number().exactOptional(),
});

/** A value of one kind, or a number or else one word. */
const propertySchema = z.union([
  z
    .object({ anyOf: z.tuple([valueSchema, z.object({ const: z.string() })]), default: z.unknown() })
    .transform(({ anyOf: [value, { const: word }], ...rest }) => ({ ...rest, ...value, word })),
  valueSchema.extend({ default: z.unknown() }),
]);

/** Several commands have the same options, and describing them takes a few milliseconds at each start. */
const described = new WeakMap<z.ZodObject, readonly OptionDescription[]>();

/** Describes the options of a schema in its order. */
export function describeOptions(schema: z.ZodObject): readonly OptionDescription[] {
  const known = described.get(schema) ?? describe(schema);
  described.set(schema, known);
  return known;
}

function describe(schema: z.ZodObject): readonly OptionDescription[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'output' });
  return Object.entries(rowsOf(schema)).map(([name, row]) => {
    const { label, help, unit, section, needsSampling, original, shownDefault } = row;
    const { enum: choices, default: defaultValue, ...limits } = propertySchema.parse(properties[name]);
    return {
      ...{
        name,
        flag: `--${kebabCase(name)}`,
        label,
        help,
        ...(unit !== undefined && { unit }),
        default: shownDefault ?? defaultValue,
      },
      ...limits,
      ...(choices && { choices }),
      ...(section && { section }),
      ...(needsSampling && { needsSampling }),
      ...(isOfLooks(name) && { isOfLook: true as const }),
      ...(original && { place: original.place }),
    };
  });
}
