import { en } from './en.js';

/** All words of a language: those of English decide which there are. */
export type Words = typeof en;

let current: Words = en;

/** The words of the page in the language of its user. */
export function words(): Words {
  return current;
}

/** Sets the language; what is on the screen has to be drawn again. */
export function setWords(next: Words): void {
  current = next;
}
