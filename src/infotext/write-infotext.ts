import { type GenerationOptions, generationOptionsSchema } from '../options/generation-options.js';
import { rowsOf } from '../options/option.js';
import { version } from '../util/version.js';
import { joinInfotext } from './parse-infotext.js';

type Strength = { readonly denoisingStrength: number };

/** What an image was made with. */
export type InfotextSource = {
  /** with the image's own seeds */
  readonly options: GenerationOptions;
  readonly request: { readonly start?: Strength | undefined; readonly hires?: Strength | undefined };
  readonly planned: readonly { readonly sampler: { readonly name: string }; readonly scheduler: string }[];
  readonly folder: { readonly name: string };
};

type Name = keyof GenerationOptions;

const rows = rowsOf(generationOptionsSchema);
const defaults = generationOptionsSchema.parse({});
/** Options that are written in a place or on a condition of their own; all others where they differ from the default. */
const placed: ReadonlySet<string> = new Set<Name>([
  ...(['model', 'sampler', 'scheduler', 'steps', 'cfgScale', 'seed', 'width', 'height', 'rng'] as const),
  ...(['variationSeed', 'variationStrength', 'seedResizeFromWidth', 'seedResizeFromHeight'] as const),
  ...(['hiresScale', 'hiresUpscaler', 'hiresSteps', 'hiresDenoisingStrength'] as const),
]);
const others = (Object.keys(rows) as Name[]).filter((name) => !placed.has(name));

/** The `parameters` text of an image, as AUTOMATIC1111's web UI writes it. */
export function formatInfotext({ options, request, planned, folder }: InfotextSource): string {
  const { start, hires } = request;
  const [first] = planned;
  const changed = (names: readonly Name[]) => names.filter((name) => options[name] !== defaults[name]);
  const fields: readonly Field[] = [
    ...fieldsOf(options, ['steps']),
    ...fieldsOf({ sampler: first?.sampler.name ?? options.sampler }, ['sampler']),
    ...fieldsOf({ scheduler: first?.scheduler ?? options.scheduler }, ['scheduler']),
    ...fieldsOf(options, ['cfgScale', 'seed']),
    ...sizeField(options, 'width', 'height'),
    ...fieldsOf({ model: folder.name }, ['model']),
    ...(options.variationStrength > 0 ? fieldsOf(options, ['variationSeed', 'variationStrength']) : []),
    ...sizeField(options, 'seedResizeFromWidth', 'seedResizeFromHeight'),
    ...strengthField(hires ?? start),
    ...(hires ? fieldsOf(options, ['hiresScale', ...changed(['hiresSteps']), 'hiresUpscaler']) : []),
    ...fieldsOf(options, changed(others)),
    ...(options.rng === 'cpu' ? fieldsOf({ rng: 'CPU' }, ['rng']) : []),
    ['Version', `steps-animation ${version}`],
  ];
  return joinInfotext(options.prompt, options.negativePrompt, fields);
}

type Field = readonly [name: string | undefined, value: unknown];

/** The fields of options that have one. */
function fieldsOf<N extends Name>(values: Readonly<Record<N, unknown>>, names: readonly N[]): readonly Field[] {
  return names.filter((name) => rows[name].infotext !== undefined).map((name) => [rows[name].infotext, values[name]]);
}

type SideName = 'width' | 'height' | 'seedResizeFromWidth' | 'seedResizeFromHeight';

function sizeField(options: GenerationOptions, width: SideName, height: SideName): readonly Field[] {
  if (options[width] === 0 || options[height] === 0) return [];
  return [[rows[width].infotext, `${options[width]}x${options[height]}`]];
}

/** Images from a starting picture and those with a hires pass have the same field. */
function strengthField(strength: Strength | undefined): readonly Field[] {
  return strength ? [[rows.hiresDenoisingStrength.infotext, strength.denoisingStrength]] : [];
}
