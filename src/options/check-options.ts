import type { z } from 'zod';
import { StepsAnimationError } from '../errors.js';

/**
 * Checks options against their schema.
 * @throws StepsAnimationError `usage` naming the option, its value and what it may be
 */
export function checkOptions<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const name = issue.path.join('.') || 'options';
    const value = issue.path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), options);
    return value === undefined
      ? `${name}: ${issue.message}`
      : `${name} ${typeof value === 'number' ? value : JSON.stringify(value)}: ${issue.message}`;
  });
  throw new StepsAnimationError('usage', `${sentences.join('; ')}.`);
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
