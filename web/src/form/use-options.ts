import { useAbout } from '../api/queries.js';
import type { OptionShape } from '../api/types.js';
import { optionsOf } from './form-options.js';
import { type Group, setOption, type Tab, useForm, type Value } from './form-store.js';

/** An option of a tab's form: what it is, its value, and how to change it. */
export type BoundOption = {
  readonly option: OptionShape;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
};

/** The options of a group by their names; empty until the service has told them. */
export function useOptions(tab: Tab, group: Group): Readonly<Record<string, BoundOption>> {
  const { data: about } = useAbout();
  const values = useForm(tab)[group];
  if (!about) return {};
  return Object.fromEntries(
    optionsOf(about, group).map((option) => {
      const value = values[option.name] ?? (option.default as Value);
      return [option.name, { option, value, onChange: (changed) => setOption(tab, group, option.name, changed) }];
    }),
  );
}
