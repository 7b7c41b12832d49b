import fc from 'fast-check';

const marks = ['(', ')', '[', ']', ':', '|', '\\', ',', ' ', '\n', 'BREAK', '1.3', '0.5', '12', '7]', ':2)', ':0.4]'];

/** Texts full of brackets, right ones and wrong ones, numbers and words. */
export const promptLike = fc
  .array(fc.oneof(fc.constantFrom(...marks), fc.constantFrom('fox', 'owl', '狐', '🦊'), fc.string({ maxLength: 3 })))
  .map((pieces) => pieces.join(''))
  // A weight of 0 or less is what these say.
  .filter((prompt) => !/:\s*(-|\+?[0.]+\s*\))/.test(prompt));
