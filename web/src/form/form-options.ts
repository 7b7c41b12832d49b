import { useAbout, useLooks } from '../api/queries.js';
import type { AboutShape, LookShape, OptionShape } from '../api/types.js';
import {
  type Form,
  type Group,
  getForm,
  setForm,
  setOptions,
  type Tab,
  useForm,
  type Value,
  type Values,
} from './form-store.js';
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
  const { data: looks = [] } = useLooks();
  const values = useForm(tab)[group];
  if (!about) return {};
  return Object.fromEntries(
    optionsOf(about, group).map((known) => {
      const { name } = known;
      const option = { ...known, default: defaultOf(known, about, looks, values) };
      const onChange = (value: Value) =>
        name === 'look' ? chooseLook(tab, about, value) : setOptions(tab, { [group]: { [name]: value } });
      const bound = { value: values[name] ?? option.default, onChange };
      return [name, { ...bound, option: name === 'look' ? { ...option, choices: namesOf(looks) } : option }];
    }),
  );
}

function namesOf(looks: readonly LookShape[]): string[] {
  return looks.map(({ name }) => name);
}

/** The value of an option that the form does not set: that of the look, or its own default. */
function defaultOf(option: OptionShape, about: AboutShape, looks: readonly LookShape[], { look }: Values): Value {
  if (option.name === 'look') return option.default as Value;
  const lookOption = about.options.animation.find(({ name }) => name === 'look');
  const chosen = looks.find(({ name }) => name === (look ?? lookOption?.default));
  // A look of the user's own may be on top of another one, and leave out what it does not change.
  const base = looks.find(({ name }) => name === (chosen?.options.look ?? lookOption?.default));
  return chosen?.options[option.name] ?? base?.options[option.name] ?? (option.default as Value);
}

/** Chooses a look: the options that it decides have its values again. */
function chooseLook(tab: Tab, about: AboutShape, look: Value): void {
  const form = getForm(tab);
  const ofLooks = new Set(about.options.animation.flatMap(({ name, isOfLook }) => (isOfLook ? [name] : [])));
  const kept = Object.entries(form.animation).filter(([name]) => !ofLooks.has(name));
  setForm(tab, { ...form, animation: { ...Object.fromEntries(kept), look } });
}

/** The options of a group, with the models, samplers and schedulers of this service as choices. */
function optionsOf(about: AboutShape, group: Group): readonly OptionShape[] {
  if (group === 'img2img') return about.options[group];
  // The user's own looks are choices as well, which the service checks.
  if (group === 'animation')
    return about.options.animation.map((option) => (option.name === 'look' ? textOf(option) : option));
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

function textOf({ choices: _, ...option }: OptionShape): OptionShape {
  return option;
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
