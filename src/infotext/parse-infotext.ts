import { parseSeed, type Seed } from '../util/seed.js';

/** The `parameters` text of web UIs, parsed. */
export type Infotext = {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** the settings of the last line by name: `Steps`, `Sampler`, `CFG scale`, `Seed`, `Size`, … */
  readonly fields: Readonly<Record<string, string>>;
};

const setting = /([\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,49}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;
const negativePromptLabel = 'Negative prompt:';
/** A last line with fewer settings belongs to the prompt, as in the web UIs. */
const minSettings = 3;

/**
 * Parses an infotext as the web UIs do.
 * @param text any text: one without settings is a prompt
 */
export function parseInfotext(text: string): Infotext {
  const lines = text.trim().split('\n');
  const settings = [...(lines.at(-1) ?? '').matchAll(setting)];
  const hasSettings = settings.length >= minSettings;
  const prose = (hasSettings ? lines.slice(0, -1) : lines).map((line) => line.trim());
  const negativeAt = prose.findIndex((line) => line.startsWith(negativePromptLabel));
  const promptEnd = negativeAt < 0 ? prose.length : negativeAt;
  return {
    prompt: prose.slice(0, promptEnd).join('\n'),
    negativePrompt: prose.slice(promptEnd).join('\n').slice(negativePromptLabel.length).trim(),
    fields: hasSettings
      ? Object.fromEntries(settings.map(([, name = '', value = '']) => [name.trim(), unquote(value.trim())]))
      : {},
  };
}

/** Writes an infotext as the web UIs do. @param fields of the last line, in order */
export function joinInfotext(
  prompt: string,
  negativePrompt: string,
  fields: readonly (readonly [name: string | undefined, value: unknown])[],
): string {
  const negative = negativePrompt === '' ? '' : `\n${negativePromptLabel} ${negativePrompt}`;
  const lastLine = fields.map(([name, value]) => `${name}: ${quote(String(value))}`);
  return `${prompt}${negative}\n${lastLine.join(', ')}`.trim();
}

function quote(value: string): string {
  return /[,:\n]/u.test(value) ? JSON.stringify(value) : value;
}

/** Values with commas, colons or line breaks are written as JSON strings. */
function unquote(value: string): string {
  if (!value.startsWith('"') || !value.endsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

/** The seed of an infotext; null if it has none, or one that is no number. */
export function seedOf({ fields }: Infotext): Seed | null {
  return fields.Seed === undefined ? null : parseSeed(fields.Seed);
}

/** The infotext of an intermediate image: that of the finished image with the step added to the settings. */
export function withIntermediateStep(infotext: string, step: number): string {
  const field = `intermediate: ${String(step).padStart(3, '0')}`;
  return infotext.trim() === '' ? field : `${infotext.trimEnd()}, ${field}`;
}

/** The infotext of the finished image, from that of an intermediate image. */
export function withoutIntermediateStep(infotext: string): string {
  return infotext.replace(/(?:, )?intermediate: \d+\s*$/u, '');
}

const ellipsis = '...';

/** Shortens an infotext to `maxLength` characters: cuts the prompt, and keeps the line of settings if it fits. */
export function shortenInfotext(infotext: string, maxLength: number): string {
  if (infotext.length <= maxLength) return infotext;
  const [lastLine = ''] = infotext.match(/\n[^\n]*$/u) ?? [];
  const settings = lastLine.length + ellipsis.length <= maxLength ? lastLine : '';
  // Without the first half of a surrogate pair that was cut apart.
  const start = infotext.slice(0, maxLength - ellipsis.length - settings.length).replace(/\p{Cs}$/u, '');
  return `${start}${ellipsis}${settings}`;
}
