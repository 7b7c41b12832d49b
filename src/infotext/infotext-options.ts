import type { z } from 'zod';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../options/generation-options.js';
import { rowsOf } from '../options/option.js';
import { parseInfotext } from './parse-infotext.js';

/** The options that an infotext states, as far as they are valid. */
export type InfotextOptions = {
  readonly generation: Partial<GenerationOptions>;
  readonly img2img: Partial<Img2imgOptions>;
};

const generationRows = rowsOf(generationOptionsSchema);
const img2imgRows = rowsOf(img2imgOptionsSchema);

/** Reads the options that an image was made with from its infotext; missing and invalid ones are left out. */
export function optionsOfInfotext(text: string): InfotextOptions {
  const { prompt, negativePrompt, fields } = parseInfotext(text);
  const { hiresDenoisingStrength, ...generation } = valuesOf(generationRows, fields);
  const img2img = valuesOf(img2imgRows, fields);
  // Both have the same field: with a hires pass it is that of the hires pass.
  const isHires = generation.hiresScale !== undefined;
  // Web UIs use the noise of the GPU unless they say otherwise.
  const rng = fields.Seed !== undefined && { rng: generation.rng === 'CPU' ? 'cpu' : 'gpu' };
  const hires = isHires && hiresDenoisingStrength !== undefined && { hiresDenoisingStrength };
  return {
    generation: validOf(generationOptionsSchema, { prompt, negativePrompt, ...generation, ...rng, ...hires }),
    img2img: isHires ? {} : validOf(img2imgOptionsSchema, img2img),
  };
}

/**
 * The values that the fields of an infotext give to options, as text.
 * @param rows the options by the names that the result has for them
 */
export function valuesOf(
  rows: Readonly<Record<string, { readonly infotext?: string }>>,
  fields: Readonly<Record<string, string>>,
): Record<string, string> {
  const named = Object.entries(rows);
  const values = named.flatMap(([name, { infotext }]) => {
    const value = infotext === undefined ? undefined : fields[infotext];
    if (value === undefined) return [];
    const sharing = named.filter(([, row]) => row.infotext === infotext).map(([other]) => other);
    if (sharing.length === 1) return [[name, value]];
    const side = /^\d+x\d+$/.test(value) ? value.split('x')[sharing.indexOf(name)] : undefined;
    return side === undefined ? [] : [[name, side]];
  });
  return Object.fromEntries(values);
}

/** The values that the schema accepts, as text or as the numbers that they spell. */
function validOf<S extends z.ZodObject>(schema: S, values: Readonly<Record<string, unknown>>): Partial<z.output<S>> {
  const valid = Object.entries(values).flatMap(([name, value]) => {
    const option: z.ZodType | undefined = schema.shape[name];
    const results = [value, Number(value)].map((each) => option?.safeParse(each));
    const result = results.find((each) => each?.success);
    return result?.success ? [[name, result.data]] : [];
  });
  return Object.fromEntries(valid) as Partial<z.output<S>>;
}
