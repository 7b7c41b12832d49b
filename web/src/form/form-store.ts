import { createStore, withStorage } from '../ui/store.js';

export type Tab = 'txt2img' | 'img2img';
export type Value = string | number | boolean;
/** Values by option name; an option that is missing has its default. */
export type Values = Readonly<Record<string, Value>>;

export type Form = {
  readonly generation: Values;
  readonly img2img: Values;
  readonly animation: Values;
  /** whether a movie is made of the steps */
  readonly scriptEnabled: boolean;
};

export type Group = 'generation' | 'img2img' | 'animation';

const emptyForm: Form = { generation: {}, img2img: {}, animation: {}, scriptEnabled: true };

/** The forms of both tabs, kept in the browser's local storage. */
const forms = { txt2img: createFormStore('txt2img'), img2img: createFormStore('img2img') };

function createFormStore(tab: Tab) {
  const key = `steps-animation.${tab}`;
  return createStore(readForm(key), (form) => withStorage(() => localStorage.setItem(key, JSON.stringify(form))));
}

function readForm(key: string): Form {
  const form = withStorage((): Form => {
    const stored: Partial<Form> = JSON.parse(localStorage.getItem(key) ?? '{}');
    return {
      generation: asValues(stored.generation),
      img2img: asValues(stored.img2img),
      animation: asValues(stored.animation),
      scriptEnabled: stored.scriptEnabled !== false,
    };
  });
  return form ?? emptyForm;
}

function asValues(stored: unknown): Values {
  return typeof stored === 'object' && stored !== null ? (stored as Values) : {};
}

/** The form of a tab; the component rerenders when it changes. */
export function useForm(tab: Tab): Form {
  return forms[tab].useValue();
}

export function getForm(tab: Tab): Form {
  return forms[tab].get();
}

export function setForm(tab: Tab, form: Form): void {
  forms[tab].set(form);
}

/** Sets the given options; the others keep their values. */
export function setOptions(tab: Tab, changes: Partial<Record<Group, Values>>): void {
  const form = getForm(tab);
  const groups = Object.entries(changes).map(([group, values]) => [group, { ...form[group as Group], ...values }]);
  setForm(tab, { ...form, ...Object.fromEntries(groups) });
}

export function setScriptEnabled(tab: Tab, scriptEnabled: boolean): void {
  setForm(tab, { ...getForm(tab), scriptEnabled });
}

/** What forms begin with, by tab, if somebody has kept theirs; the prompts are left out. */
const defaults = { txt2img: createDefaults('txt2img'), img2img: createDefaults('img2img') };

function createDefaults(tab: Tab) {
  const key = `steps-animation.${tab}.defaults`;
  const stored = withStorage(() => localStorage.getItem(key)) ? readForm(key) : undefined;
  return createStore<Form | undefined>(stored, (form) =>
    withStorage(() => (form ? localStorage.setItem(key, JSON.stringify(form)) : localStorage.removeItem(key))),
  );
}

export function useHasDefaults(): boolean {
  return defaults.txt2img.useValue() !== undefined;
}

/** Keeps the forms as they are as what new ones begin with, without the prompts; or forgets what was kept. */
export function saveDefaults(isKept: boolean): void {
  for (const tab of ['txt2img', 'img2img'] as const) {
    const form = getForm(tab);
    const { prompt: _, negativePrompt: __, seed: ___, ...generation } = form.generation;
    defaults[tab].set(isKept ? { ...form, generation } : undefined);
  }
}

/** Gives all options of a tab their defaults. */
export function resetForm(tab: Tab): void {
  setForm(tab, defaults[tab].get() ?? emptyForm);
}
