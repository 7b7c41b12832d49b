import { StepsAnimationError } from '../errors.js';
import { type GenerationOptions, generationOptionsSchema } from '../options/generation-options.js';
import { labelInSentence, rowsOf } from '../options/option.js';

type OptionName = keyof GenerationOptions;

/** Which generation options a program takes. Those in neither list have no effect, which is reported if they are set. */
export type OptionSupport = {
  readonly taken: readonly OptionName[];
  /** refused if they are set, as the image would be quite another one without them; with a further remedy, or '' */
  readonly refused?: Readonly<Partial<Record<OptionName, string>>>;
};

const rows = rowsOf(generationOptionsSchema);
const defaults = generationOptionsSchema.parse({});
const names = Object.keys(rows) as OptionName[];

/**
 * The labels of the options that are set although the program does not take them.
 * @param program what messages call it
 * @throws StepsAnimationError `usage` for one that it refuses
 */
export function unsupportedOptions(
  options: GenerationOptions,
  program: string,
  { taken, refused = {} }: OptionSupport,
): readonly string[] {
  const unsupported = names.filter((name) => {
    const { partOf } = rows[name];
    return !taken.includes(name) && partOf === undefined && options[name] !== defaults[name];
  });
  const labels = unsupported.map((name) => {
    const label = labelInSentence(rows[name]);
    const remedy = refused[name];
    if (remedy === undefined) return label;
    const also = remedy === '' ? '' : `, ${remedy}`;
    const sentence = `${program} does not support ${label}: leave it at ${defaults[name]}${also}.`;
    throw new StepsAnimationError('usage', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`);
  });
  return labels;
}

/** The note about options without effect; none if there are none. */
export function unsupportedNotes(labels: readonly string[], program: string): readonly string[] {
  return labels.length === 0 ? [] : [`These options have no effect with ${program}: ${labels.join(', ')}.`];
}
