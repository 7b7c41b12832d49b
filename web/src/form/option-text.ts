import type { OptionShape } from '../api/types.js';

export function labelOf({ label, unit }: OptionShape): string {
  return unit && !label.endsWith(unit) ? `${label} (${unit})` : label;
}

/** What an option does, and its default. */
export function helpOf(option: OptionShape): string {
  const named = defaultOf(option);
  return `${sentence(option.help)}${named === undefined ? '' : ` Default: ${named}.`}`;
}

function defaultOf({ default: value, unit, word }: OptionShape): string | undefined {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value === '' || value === undefined || value === null) return undefined;
  return unit && value !== word ? `${value} ${unit}` : String(value);
}

/** Helps are written in lower case, for lists. */
function sentence(help: string): string {
  return `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;
}
