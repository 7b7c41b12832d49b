import { nameAndVersion } from '../util/version.js';

/** The `parameters` text of web UIs, taken apart. */
export type Infotext = {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** the settings of the last line by their names: `Steps`, `Sampler`, `CFG scale`, `Seed`, `Size`, … */
  readonly fields: Readonly<Record<string, string>>;
};

const setting = /([\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,49}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;
const negativePromptLabel = 'Negative prompt:';
/** A last line with fewer settings than this is taken for a part of the prompt, as web UIs do. */
const minSettings = 3;

/** Takes an infotext apart the way web UIs do; any text gives a result. */
export function parseInfotext(text: string): Infotext {
  const lines = text.trim().split('\n');
  const settings = [...(lines.at(-1) ?? '').matchAll(setting)];
  const hasSettings = settings.length >= minSettings;
  const prose = (hasSettings ? lines.slice(0, -1) : lines).map((line) => line.trim());
  const negativeAt = prose.findIndex((line) => line.startsWith(negativePromptLabel));
  const [promptLines, negativeLines] =
    negativeAt < 0 ? [prose, []] : [prose.slice(0, negativeAt), prose.slice(negativeAt)];
  return {
    prompt: promptLines.join('\n'),
    negativePrompt: negativeLines.join('\n').slice(negativePromptLabel.length).trim(),
    fields: hasSettings
      ? Object.fromEntries(settings.map(([, name = '', value = '']) => [name.trim(), unquote(value.trim())]))
      : {},
  };
}

/** Values with commas, colons or line breaks are written as JSON strings. */
function unquote(value: string): string {
  if (!value.startsWith('"') || !value.endsWith('"')) {
    return value;
  }
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

/** The infotext of an intermediate image: that of the finished image with the step added to its settings. */
export function withIntermediateStep(infotext: string, step: number): string {
  const field = `intermediate: ${String(step).padStart(3, '0')}`;
  return infotext.trim() === '' ? field : `${infotext.trimEnd()}, ${field}`;
}

/** The infotext without the step, which is that of the finished image. */
export function withoutIntermediateStep(infotext: string): string {
  return infotext.replace(/(?:, )?intermediate: \d+\s*$/u, '');
}

const ellipsis = '...';

/** An infotext of `most` characters at most: the prompt is cut short, the settings in the last line stay if they can. */
export function shortenInfotext(infotext: string, most: number): string {
  if (infotext.length <= most) return infotext;
  const [lastLine = ''] = infotext.match(/\n[^\n]*$/u) ?? [];
  const settings = lastLine.length + ellipsis.length <= most ? lastLine : '';
  // The first half of a pair that was cut apart goes, too.
  const start = infotext.slice(0, most - ellipsis.length - settings.length).replace(/\p{Cs}$/u, '');
  return `${start}${ellipsis}${settings}`;
}

/** What the tags of a movie are made from. */
export type MovieTagFacts = {
  /** of the finished image; may be empty if it is not known */
  readonly infotext: string;
  /** of the movie, in pixels */
  readonly width: number;
  readonly height: number;
  /** the last step that the movie shows */
  readonly lastStep: number;
  readonly interpolation: string;
  readonly skipSteps?: number;
  /** the first step of each pass after the first */
  readonly passChanges?: readonly number[];
  /** when the run began */
  readonly timestamp: Date;
};

/** The tags of a movie by FFmpeg's names for them. `comment` is the exact infotext, to restore the settings from. */
export function movieTags(facts: MovieTagFacts): Record<string, string> {
  const size = `size ${facts.width}x${facts.height}`;
  const description = [oneLine(facts.infotext), size, nameAndVersion].filter((part) => part !== '').join(' | ');
  return {
    title: summary(facts),
    description,
    artist: nameAndVersion,
    author: nameAndVersion,
    album_artist: nameAndVersion,
    ...(facts.infotext === '' ? {} : { comment: facts.infotext }),
  };
}

function summary(facts: MovieTagFacts): string {
  const { infotext, lastStep, skipSteps = 0, passChanges = [], timestamp, interpolation } = facts;
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  const parts = [
    oneLine(prompt),
    `negative ${oneLine(negativePrompt) || 'none'}`,
    `seed ${fields.Seed ?? 'unknown'}`,
    `sampler ${fields.Sampler ?? 'unknown'}`,
    `CFG scale ${fields['CFG scale'] ?? 'unknown'}`,
    `steps ${fields.Steps ?? 'unknown'}`,
    `last step ${lastStep}`,
    `skip ${skipSteps}`,
    ...passChanges.map((step) => `hires pass from step ${step}`),
    `model ${fields.Model ?? 'unknown'}`,
    `embedding ${fields['Used embeddings'] ?? fields.TI ?? 'none'}`,
    `face restoration ${fields['Face restoration'] ?? 'none'}`,
    `timestamp ${timestamp.toISOString()}`,
    `interpolation ${interpolation}`,
  ];
  return parts.filter((part) => part !== '').join(' | ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
