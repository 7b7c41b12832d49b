import type { z } from 'zod';
import { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';
import { parseInfotext } from './metadata.js';

/** The options that an infotext tells, of those that are valid. */
export type InfotextOptions = {
  readonly generation: Partial<z.output<typeof generationOptionsSchema>>;
  readonly img2img: Partial<z.output<typeof img2imgOptionsSchema>>;
};

type Field = keyof z.output<typeof generationOptionsSchema>;

/** The options by the names that web UIs, and we (infotext.ts), write them with. */
const fieldNames: Readonly<Record<string, Field>> = {
  Model: 'model',
  Sampler: 'sampler',
  'Schedule type': 'scheduler',
  Steps: 'steps',
  'CFG scale': 'cfgScale',
  Seed: 'seed',
  'Variation seed': 'variationSeed',
  'Variation seed strength': 'variationStrength',
  'Clip skip': 'clipSkip',
  'CFG Rescale': 'guidanceRescale',
  Eta: 'eta',
  'Schedule min sigma': 'sigmaMin',
  'Schedule max sigma': 'sigmaMax',
  'Schedule rho': 'rho',
  'Sigma churn': 'sChurn',
  'Sigma tmin': 'sTmin',
  'Sigma tmax': 'sTmax',
  'Sigma noise': 'sNoise',
  'Hires upscale': 'hiresScale',
  'Hires steps': 'hiresSteps',
  'Hires upscaler': 'hiresUpscaler',
};

/** Reads the options that an image was made with out of its infotext; what it does not tell, or cannot be, is left out. */
export function optionsOfInfotext(text: string): InfotextOptions {
  const { prompt, negativePrompt, fields } = parseInfotext(text);
  // Web UIs take the noise of the GPU unless they say so.
  const told: Record<string, unknown> = fields.Seed === undefined ? {} : { rng: fields.RNG === 'CPU' ? 'cpu' : 'gpu' };
  for (const [name, option] of Object.entries(fieldNames)) if (fields[name] !== undefined) told[option] = fields[name];
  const strength = fields['Denoising strength'];
  const isHires = told.hiresScale !== undefined;
  return {
    generation: validOf(generationOptionsSchema, {
      ...{ prompt, negativePrompt, ...told },
      ...sizeOf(fields.Size, 'width', 'height'),
      ...sizeOf(fields['Seed resize from'], 'seedResizeFromWidth', 'seedResizeFromHeight'),
      ...(isHires && strength !== undefined ? { hiresDenoisingStrength: strength } : {}),
    }),
    img2img: validOf(img2imgOptionsSchema, !isHires && strength !== undefined ? { denoisingStrength: strength } : {}),
  };
}

function sizeOf(text: string | undefined, width: Field, height: Field): Record<string, string> {
  const [, left, right] = text?.match(/^(\d+)x(\d+)$/) ?? [];
  return left !== undefined && right !== undefined ? { [width]: left, [height]: right } : {};
}

/** Those of the values that the schema takes, as text or as the numbers that they spell. */
function validOf<S extends z.ZodObject>(schema: S, values: Readonly<Record<string, unknown>>): Partial<z.output<S>> {
  const valid = Object.entries(values).flatMap(([name, value]) => {
    const option: z.ZodType | undefined = schema.shape[name];
    const results = [value, Number(value)].map((each) => option?.safeParse(each));
    const result = results.find((each) => each?.success);
    return result?.success ? [[name, result.data]] : [];
  });
  return Object.fromEntries(valid) as Partial<z.output<S>>;
}
