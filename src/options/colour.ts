import { z } from 'zod';

const named: Readonly<Record<string, string>> = { black: '#000000', white: '#ffffff' };

/** Accepts `black`, `white`, and red, green and blue in hexadecimal digits: `1e90ff`, `#1e90ff`, `#fff`. Outputs `#rrggbb`. */
export const colourSchema = z.preprocess(
  (value) => (typeof value === 'string' ? normalised(value) : value),
  z.string().regex(/^#[\da-f]{6}$/u, { error: 'must be black, white, or six hexadecimal digits such as 1e90ff' }),
);

function normalised(text: string): string {
  const lower = text.trim().toLowerCase();
  const [, digits] = /^#?((?:[\da-f]{3}){1,2})$/u.exec(lower) ?? [];
  if (digits === undefined) return named[lower] ?? text;
  return `#${digits.length === 3 ? digits.replaceAll(/./gu, '$&$&') : digits}`;
}
