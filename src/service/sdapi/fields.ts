import { z } from 'zod';

/**
 * The fields of requests as the web UIs read them: numbers and truth values may come as text, null stands for the
 * default, and what is not known is left out.
 */

const fromText = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;

const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, '1': true, on: true, yes: true },
  ...{ false: false, '0': false, off: false, no: false },
};
const toTruth = (value: unknown) => truths[String(value).toLowerCase()] ?? value;

export const number = z.preprocess(fromText, z.number({ error: 'Input should be a valid number' }));
export const integer = z.preprocess(fromText, z.int({ error: 'Input should be a valid integer' }));
export const truth = z.preprocess(toTruth, z.boolean({ error: 'Input should be a valid boolean' }));
export const text = z.string({ error: 'Input should be a valid string' });
export const list = z.array(z.unknown(), { error: 'Input should be a valid list' });
export const dictionary = z.record(z.string(), z.unknown(), { error: 'Input should be a valid dictionary' });

/** A field that is null where it is left out. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
