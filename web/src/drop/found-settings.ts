import type { AboutShape, InspectionShape } from '../api/types.js';
import { hiresOptions, optionsOf } from '../form/form-options.js';
import type { Form, Group, Tab, Value, Values } from '../form/form-store.js';
import { problemOf } from '../form/option-problem.js';

/** Options that no infotext tells: a new image keeps those of the form. */
const kept = ['model', 'batchCount', 'batchSize', 'preview'];

export type Found = {
  readonly form: Form;
  /** labels of the options that were filled */
  readonly filled: readonly string[];
  /** what was found and is not here, such as another model */
  readonly missing: readonly string[];
};

/** The form of a tab with the settings of a file: infotexts leave out what has its default, so the rest is reset. */
export function withFound(about: AboutShape, tab: Tab, form: Form, found: InspectionShape): Found {
  const left = tab === 'img2img' ? hiresOptions : [];
  const generation = takeKnown(about, 'generation', found.generation as Values, left);
  const img2img = takeKnown(about, 'img2img', tab === 'img2img' ? (found.img2img as Values) : {});
  const before = Object.entries(form.generation).filter(([name]) => kept.includes(name));
  return {
    form: {
      ...form,
      generation: { ...Object.fromEntries(before), ...generation.values },
      img2img: { ...form.img2img, ...img2img.values },
    },
    filled: [...generation.labels, ...img2img.labels],
    missing: generation.missing,
  };
}

/** Tells the values that the options of this service take from those that they do not, such as a model of elsewhere. */
export function takeKnown(about: AboutShape, group: Group, values: Values, left: readonly string[] = []) {
  const options = optionsOf(about, group).filter(({ name }) => values[name] !== undefined && !left.includes(name));
  const given = options.map((option) => ({ option, value: values[option.name] as Value }));
  const taken = given.filter(({ option, value }) => problemOf(option, value) === undefined);
  const refused = given.filter((each) => !taken.includes(each));
  return {
    values: Object.fromEntries(taken.map(({ option, value }) => [option.name, value])),
    labels: taken.filter(({ value }) => value !== '').map(({ option }) => option.label),
    missing: refused.map(({ option, value }) => `${option.label} ${value}`),
  };
}
