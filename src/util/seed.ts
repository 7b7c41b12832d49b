/** A seed: a whole number, or its digits as text where a number would lose some of them (beyond 2⁵³). */
export type Seed = number | string;

/** Reads a seed of a file. @returns null for what is no whole number */
export function parseSeed(text: string): Seed | null {
  const trimmed = text.trim();
  if (!/^-?\d{1,64}$/u.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value : String(BigInt(trimmed));
}
