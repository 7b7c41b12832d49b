import type { z } from 'zod';
import { valuesOf } from '../../infotext/infotext-options.js';
import { parseInfotext } from '../../infotext/parse-infotext.js';
import { describeOptions, type OptionDescription } from '../../options/describe-options.js';
import { generationOptionsSchema, img2imgOptionsSchema } from '../../options/generation-options.js';
import { type OptionRow, rowsOf } from '../../options/option.js';
import { snakeCase } from '../../util/letter-case.js';
import { boolean, integer, number, optional, text } from './validation.js';

/** The generation options as fields of requests and as settings of the web UIs: their names are in the options' rows. */
const generationRows: Readonly<Record<string, OptionRow>> = rowsOf(generationOptionsSchema);
const img2imgRows: Readonly<Record<string, OptionRow>> = rowsOf(img2imgOptionsSchema);
const types: Readonly<Record<OptionDescription['type'], z.ZodType>> = { boolean, integer, number, string: text };

/** The options without those of the hires pass, which need `enable_hr`. */
const options = describeOptions(generationOptionsSchema)
  .filter(({ section }) => section !== 'hires')
  .map((option) => ({ ...option, webui: generationRows[option.name]?.webui ?? {} }));

/** Name of an option in requests, or among the settings. */
export function fieldOf(option: string): string {
  const { field, setting } = (generationRows[option] ?? img2imgRows[option])?.webui ?? {};
  return field ?? setting ?? snakeCase(option);
}

/** Schemas of the fields of requests, null where they are left out. */
export const requestFields: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  options.flatMap(({ type, webui: { field } }) => (field === undefined ? [] : [[field, optional(types[type])]])),
);

/** Schemas of the settings, with the options' defaults. */
export const settingFields: Readonly<Record<never, z.ZodType>> = Object.fromEntries(
  options.flatMap((option) => {
    const { setting } = option.webui;
    return setting === undefined ? [] : [[setting, types[option.type].default(settingOf(option))]];
  }),
);

/** 0 as a setting stands for `auto`. */
function settingOf({ word, default: value }: OptionDescription): unknown {
  return value === word ? 0 : value;
}

/** The options that a request, or else the settings, state. */
export function optionsOf(
  request: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const given = options.flatMap(({ name, word, webui: { field = '', setting = '' } }) => {
    const value = request[field] ?? settings[setting];
    if (value === undefined || value === null) return [];
    return [[name, value === 0 && setting !== '' && word !== undefined ? word : value]];
  });
  return Object.fromEntries(given);
}

/** The fields of a request that an infotext states, as text. */
export function fieldsOfInfotext(infotext: string): Record<string, unknown> {
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  const values = { ...valuesOf(img2imgRows, fields), ...valuesOf(generationRows, fields) };
  const pairs = Object.entries(values).flatMap(([name, value]) => {
    const field = (generationRows[name] ?? img2imgRows[name])?.webui?.field;
    return field === undefined ? [] : [[field, value]];
  });
  const hires = values.hiresScale === undefined ? {} : { enable_hr: true };
  return { prompt, negative_prompt: negativePrompt, ...Object.fromEntries(pairs), ...hires };
}
