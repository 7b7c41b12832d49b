import { z } from 'zod';
import { isRecord, valueAt } from '../../util/is-record.js';
import { HttpError } from '../http-error.js';

type Complaint = {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
};

/** An invalid request, with one complaint for each field, as the web UIs report it. */
export class ValidationError extends HttpError {
  constructor(readonly complaints: readonly Complaint[]) {
    super(422, complaints.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; '));
  }
}

/** Characters of a wrong text that a complaint repeats. */
const maxInputLength = 200;

function shortened(input: unknown): unknown {
  return typeof input === 'string' && input.length > maxInputLength ? `${input.slice(0, maxInputLength)}…` : input;
}

/** A complaint about one field of the body. */
export function complain(field: string, msg: string, input: unknown): ValidationError {
  return new ValidationError([{ type: 'value_error', loc: ['body', field], msg, input: shortened(input) }]);
}

/** Reads the body of a request; null means left out. @throws ValidationError */
export function readBody<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  return checkFields(schema, withoutNulls(body), (field) => field);
}

/**
 * Checks values against a schema.
 * @param fieldOf maps a name of the schema to the request's name of it
 * @throws ValidationError
 */
export function checkFields<S extends z.ZodType>(
  schema: S,
  values: unknown,
  fieldOf: (name: string) => string,
): z.output<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new ValidationError(
    result.error.issues.map(({ code, path, message }) => {
      const [name, ...rest] = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
      const loc = name === undefined ? [] : [fieldOf(String(name)), ...rest];
      return { type: code, loc: ['body', ...loc], msg: message, input: shortened(valueAt(values, path) ?? null) };
    }),
  );
}

/** A body without its nulls; anything but an object is returned as it is, for the schema to reject. */
export function withoutNulls(body: unknown): unknown {
  if (!isRecord(body) || Array.isArray(body)) return body ?? {};
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/*
 * The fields of requests as the web UIs read them: numbers and booleans may be strings, null means the default, and
 * unknown fields are ignored.
 */

const fromText = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;

const booleans: Readonly<Record<string, boolean>> = {
  ...{ true: true, '1': true, on: true, yes: true },
  ...{ false: false, '0': false, off: false, no: false },
};
const toBoolean = (value: unknown) => booleans[String(value).toLowerCase()] ?? value;

export const number = z.preprocess(fromText, z.number({ error: 'Input should be a valid number' }));
export const integer = z.preprocess(fromText, z.int({ error: 'Input should be a valid integer' }));
export const boolean = z.preprocess(toBoolean, z.boolean({ error: 'Input should be a valid boolean' }));
export const text = z.string({ error: 'Input should be a valid string' });
export const list = z.array(z.unknown(), { error: 'Input should be a valid list' });
export const dictionary = z.record(z.string(), z.unknown(), { error: 'Input should be a valid dictionary' });

/** A field that is null if it is left out. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
