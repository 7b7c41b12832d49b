import { z } from 'zod';

/**
 * Everything that is known of an option beside its schema: one row an option. The flags of the command line, the form
 * in the page, both HTTP APIs, infotexts, the Python packages, docs/options.md and messages about wrong values follow
 * from it. How to add one: docs/adding.md.
 */
export type OptionRow = {
  /** as a form names it */
  readonly label: string;
  /** one sentence in lower case, without a full stop */
  readonly help: string;
  readonly unit?: string;
  /** part of the page's form that is laid out by hand; options without one are listed in "Advanced" or "More" */
  readonly section?: 'main' | 'hires';
  /** the option that this one is a detail of: it has no effect while that has its default */
  readonly partOf?: 'hiresScale' | 'variationStrength' | 'seedResizeFromWidth';
  /** field of infotexts; two options of one field are written as `512x768` */
  readonly infotext?: string;
  /** name in AUTOMATIC1111's API: of a field of requests, of a setting, or of both, where the field has no effect there */
  readonly webui?: { readonly field?: string; readonly setting?: string };
  /** whether it has no effect once the pictures of the steps exist, so that `render` does not take it */
  readonly needsSampling?: true;
  /** default where requests enter, if the schema's is what the original Steps Animation script did */
  readonly shownDefault?: string;
  /** its place, from 1, and its name among the arguments of the original Steps Animation script */
  readonly original?: { readonly place: number; readonly name: string };
};

/** Characters of the path of a folder. What the file system takes is checked where the folder is used. */
export const maxPathLength = 1000;
/** Characters of a name, such as that of a sampler. */
export const maxNameLength = 200;

const rows = z.registry<OptionRow>();

/** An option of a schema with its row; what the documentation of the API shows is in the schema's own metadata too. */
export function option<T extends z.ZodType>(schema: T, row: OptionRow): T {
  const { label, help, unit } = row;
  const described = schema.meta({ label, help, ...(unit !== undefined && { unit }) }) as T;
  rows.add(described, row);
  return described;
}

/** The rows of the options of a schema, by their names and in its order. */
export function rowsOf<S extends z.ZodRawShape>({ shape }: z.ZodObject<S>): Record<keyof S & string, OptionRow> {
  const entries = Object.entries(shape).map(([name, schema]) => {
    const row = rows.get(schema as z.ZodType);
    if (!row) throw new Error(`The option ${name} has no row: declare it with option().`);
    return [name, row];
  });
  return Object.fromEntries(entries);
}

/** A label inside a sentence: `sigma churn`, but `CFG scale`. */
export function labelInSentence({ label }: Pick<OptionRow, 'label'>): string {
  return /^[A-Z][a-z]/.test(label) ? `${label.charAt(0).toLowerCase()}${label.slice(1)}` : label;
}

/** Whether the properties of a schema are options. */
export function hasRows({ shape }: z.ZodObject): boolean {
  return Object.values(shape).every((schema) => rows.has(schema as z.ZodType));
}
