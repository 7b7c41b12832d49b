import { useSyncExternalStore } from 'react';

export type Tab = 'txt2img' | 'img2img';
export type Value = string | number | boolean;
/** Options that were set, by their names; what is not here has its default. */
export type Values = Readonly<Record<string, Value>>;

export type Form = {
  readonly generation: Values;
  readonly img2img: Values;
  readonly animation: Values;
  /** whether steps become a movie at all */
  readonly scriptEnabled: boolean;
};

export type Group = 'generation' | 'img2img' | 'animation';

const initial: Form = { generation: {}, img2img: {}, animation: {}, scriptEnabled: true };

/** What is in the forms of both tabs; browsers remember it. */
class FormStore {
  readonly #listeners = new Set<() => void>();
  readonly #forms: Record<Tab, Form> = { txt2img: read('txt2img'), img2img: read('img2img') };

  get(tab: Tab): Form {
    return this.#forms[tab];
  }

  set(tab: Tab, form: Form): void {
    this.#forms[tab] = form;
    try {
      localStorage.setItem(keyOf(tab), JSON.stringify(form));
    } catch {
      // Browsers may forbid it or have no room: the form then lasts as long as the page.
    }
    for (const listener of this.#listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function keyOf(tab: Tab): string {
  return `steps-animation.${tab}`;
}

function read(tab: Tab): Form {
  try {
    const kept: Partial<Form> = JSON.parse(localStorage.getItem(keyOf(tab)) ?? '{}');
    return {
      generation: valuesOf(kept.generation),
      img2img: valuesOf(kept.img2img),
      animation: valuesOf(kept.animation),
      scriptEnabled: kept.scriptEnabled !== false,
    };
  } catch {
    return initial;
  }
}

function valuesOf(kept: unknown): Values {
  return typeof kept === 'object' && kept !== null ? (kept as Values) : {};
}

const store = new FormStore();

/** The form of a tab, drawn anew when it changes. */
export function useForm(tab: Tab): Form {
  return useSyncExternalStore(store.subscribe, () => store.get(tab));
}

export function getForm(tab: Tab): Form {
  return store.get(tab);
}

/** Takes changes back. */
export function restoreForm(tab: Tab, form: Form): void {
  store.set(tab, form);
}

/** Sets one option. */
export function setOption(tab: Tab, group: Group, name: string, value: Value): void {
  setOptions(tab, { [group]: { [name]: value } });
}

/** Sets some options; the others stay. */
export function setOptions(tab: Tab, changes: Partial<Record<Group, Values>>): void {
  const form = store.get(tab);
  const groups = Object.entries(changes).map(([group, values]) => [group, { ...form[group as Group], ...values }]);
  store.set(tab, { ...form, ...Object.fromEntries(groups) });
}

export function setScriptEnabled(tab: Tab, scriptEnabled: boolean): void {
  store.set(tab, { ...store.get(tab), scriptEnabled });
}

/** Gives all options of a tab their defaults. */
export function resetForm(tab: Tab): void {
  store.set(tab, initial);
}
