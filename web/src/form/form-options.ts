import type { AboutShape, OptionShape } from '../api/types.js';
import type { Form, Group, Tab } from './form-store.js';
import { problemOf } from './option-problem.js';

/** The options of the second pass, which only txt2img has. */
export const hiresOptions = ['hiresScale', 'hiresUpscaler', 'hiresSteps', 'hiresDenoisingStrength'];

/** The options of a group, with what this service has to choose from. */
export function optionsOf(about: AboutShape, group: Group): readonly OptionShape[] {
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

/** The groups that a tab sends. */
function groupsOf(tab: Tab, { scriptEnabled }: Form): readonly Group[] {
  return ['generation', ...(tab === 'img2img' ? (['img2img'] as const) : []), ...(scriptEnabled ? animation : [])];
}

const animation = ['animation'] as const;

/** What is wrong with the values of a form, as sentences; nothing when it can be sent. */
export function problemsOf(about: AboutShape, tab: Tab, form: Form): readonly string[] {
  return groupsOf(tab, form).flatMap((group) =>
    optionsOf(about, group).flatMap((option) => {
      const value = form[group][option.name];
      const problem = value === undefined ? undefined : problemOf(option, value);
      return problem === undefined ? [] : [`${option.label}: ${problem}`];
    }),
  );
}

/** A form without the values that the options do not take, such as those of an older version. */
export function fitting(about: AboutShape, form: Form): Form {
  const keptOf = (group: Group) => {
    const options = new Map(optionsOf(about, group).map((option) => [option.name, option]));
    const kept = Object.entries(form[group]).filter(([name, value]) => {
      const option = options.get(name);
      return option !== undefined && problemOf(option, value) === undefined;
    });
    return Object.fromEntries(kept);
  };
  return { ...form, generation: keptOf('generation'), img2img: keptOf('img2img'), animation: keptOf('animation') };
}
