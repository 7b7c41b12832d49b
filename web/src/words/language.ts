import { createStore, withStorage } from '../ui/store.js';
import { en } from './en.js';
import { setWords, type Words } from './words.js';

/** The languages of the page, each by its own name. */
export const languages = { en: 'English' } as const;
export type Language = keyof typeof languages;

const loaders: Readonly<Record<Language, () => Promise<Words>>> = {
  en: async () => en,
};

const key = 'steps-animation.language';
const current = createStore<Language>('en');

/** The language of the page; components that use it are drawn again when it changes. */
export const useLanguage = current.useValue;

/** Loads the words of a language and shows the page in it. */
export async function setLanguage(language: Language): Promise<void> {
  withStorage(() => localStorage.setItem(key, language));
  await show(language);
}

/** The language that was chosen, or else the first of the browser's that there is; English otherwise. */
export async function startLanguage(): Promise<void> {
  const chosen = withStorage(() => localStorage.getItem(key)) ?? undefined;
  const wanted = chosen === undefined ? navigator.languages : [chosen];
  const known = wanted.map((each) => each.slice(0, 2)).find((each) => Object.hasOwn(languages, each));
  if (known !== undefined && known !== 'en') await show(known as Language);
}

async function show(language: Language): Promise<void> {
  setWords(await loaders[language]());
  document.documentElement.lang = language;
  current.set(language);
}
