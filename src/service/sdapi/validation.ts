import type { z } from 'zod';
import { HttpError } from '../http-error.js';

type Complaint = {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
};

/** A request that is not as it should be, answered as the web UIs do: one complaint a field. */
export class ValidationError extends HttpError {
  constructor(readonly complaints: readonly Complaint[]) {
    super(422, complaints.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; '));
  }
}

/** A complaint about one field of the body. */
export function complain(field: string, msg: string, input: unknown): ValidationError {
  return new ValidationError([{ type: 'value_error', loc: ['body', field], msg, input }]);
}

/**
 * Reads the body of a request, where null stands for what is left out.
 * @throws ValidationError
 */
export function readBody<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  return checkFields(schema, withoutNulls(body), (field) => field);
}

/**
 * Checks values against a schema.
 * @param fieldOf the name that a value of the schema has in the request
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
      const input = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), values);
      const [name, ...rest] = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
      const loc = name === undefined ? [] : [fieldOf(String(name)), ...rest];
      return { type: code, loc: ['body', ...loc], msg: message, input: input ?? null };
    }),
  );
}

/** A body without its nulls; anything but an object stays, to be complained of. */
export function withoutNulls(body: unknown): unknown {
  if (!isRecord(body) || Array.isArray(body)) return body ?? {};
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

export function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
