import { useAbout } from '../api/queries.js';
import type { AboutShape, OptionShape } from '../api/types.js';
import { type Form, type Group, setOptions, type Tab, useForm, type Value, type Values } from './form-store.js';
import { labelOf, optionProblem } from './option-checks.js';

/** An option of a tab's form with its value, ready to be passed to a field. */
export type BoundOption = {
  readonly option: OptionShape;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
};

/** The options of a group by name; empty until the service has answered. */
export function useOptions(tab: Tab, group: Group): Readonly<Record<string, BoundOption>> {
  const { data: about } = useAbout();
  const values = useForm(tab)[group];
  if (!about) return {};
  return Object.fromEntries(
    optionsOf(about, group).map((option) => {
      const { name } = option;
      const onChange = (value: Value) => setOptions(tab, { [group]: { [name]: value } });
      return [name, { option, value: values[name] ?? (option.default as Value), onChange }];
    }),
  );
}

/** The options of a group, with the models, samplers and schedulers of this service as choices. */
function optionsOf(about: AboutShape, group: Group): readonly OptionShape[] {
  if (group !== 'generation') return about.options[group];
  const names: Readonly<Record<string, readonly string[]>> = {
    model: about.models.map(({ name }) => name),
    sampler: about.samplers,
    scheduler: about.schedulers,
  };
  return about.options.generation.map((option) => ({
    ...option,
    ...(names[option.name]?.length ? { choices: [...(names[option.name] ?? [])] } : {}),
    ...(option.name === 'model' ? { default: about.model } : {}),
  }));
}

/** Generation options without those of the hires pass, which only txt2img has. */
export function withoutHires(about: AboutShape, generation: Values): Values {
  const hires = about.options.generation.filter(({ section }) => section === 'hires').map(({ name }) => name);
  return Object.fromEntries(Object.entries(generation).filter(([name]) => !hires.includes(name)));
}

/** The options of a group that have a value, with what is wrong with it. */
export function checkValues(about: AboutShape, group: Group, values: Values) {
  return optionsOf(about, group).flatMap((option) => {
    const value = values[option.name];
    return value === undefined ? [] : [{ option, value, problem: optionProblem(option, value) }];
  });
}

export type FormProblem = {
  readonly group: Group;
  readonly name: string;
  readonly label: string;
  readonly problem: string;
};

/** @returns what is wrong with a form; empty if it can be sent */
export function formProblems(about: AboutShape, tab: Tab, form: Form): readonly FormProblem[] {
  const groups: readonly Group[] = [
    'generation',
    ...(tab === 'img2img' ? (['img2img'] as const) : []),
    ...(form.scriptEnabled ? (['animation'] as const) : []),
  ];
  return groups
    .flatMap((group) => checkValues(about, group, form[group]).map((checked) => ({ ...checked, group })))
    .flatMap(({ group, option, problem }) =>
      problem === undefined ? [] : [{ group, name: option.name, label: labelOf(option), problem }],
    );
}

/** A form without unknown options and invalid values, such as those of an older version. */
export function withoutInvalid(about: AboutShape, form: Form): Form {
  const valid = (group: Group) => validValues(about, group, form[group]);
  return { ...form, generation: valid('generation'), img2img: valid('img2img'), animation: valid('animation') };
}

export function validValues(about: AboutShape, group: Group, values: Values): Values {
  const valid = checkValues(about, group, values).filter(({ problem }) => problem === undefined);
  return Object.fromEntries(valid.map(({ option, value }) => [option.name, value]));
}
