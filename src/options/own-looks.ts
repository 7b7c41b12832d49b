import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { readConfigSections, readOwnSection, writeOwnSection } from '../files/config-file.js';
import { isRecord } from '../util/is-record.js';
import { checkAnimationOptions } from './check-animation-options.js';
import { lookNames } from './looks.js';

/** Animation options by their names, with the look that they are on top of. */
export type OwnLook = Readonly<Record<string, unknown>>;

/** Limits of the looks in a config file. */
const maxLooks = 100;
const maxNameLength = 50;

const isBuiltIn = (name: string) => lookNames.some((known) => known === name);

const nameSchema = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} _.-]*$/u,
    'a name has letters and digits, and may have spaces, -, _ and . between them',
  )
  .max(maxNameLength)
  .refine((name) => !isBuiltIn(name), 'is the name of a look that comes with the program: choose another');

const looksSchema = z
  .record(nameSchema, z.record(z.string(), z.unknown()))
  .refine((looks) => Object.keys(looks).length <= maxLooks, `there can be ${maxLooks} looks at most`)
  .default({});

/**
 * The looks of `steps-animation.config.json` in the working folder and in the user's config folder; of two with the same
 * name, the first one counts.
 * @throws StepsAnimationError `input` for an invalid file, `usage` for options of a look that are wrong
 */
export async function readOwnLooks(): Promise<Readonly<Record<string, OwnLook>>> {
  const [here, own] = await readConfigSections('looks', looksSchema);
  const looks = { ...own, ...here };
  for (const [name, options] of Object.entries(looks)) {
    checkAnimationOptions(options, { nameOf: (option) => `the look ${JSON.stringify(name)}: ${option}` });
  }
  return looks;
}

/**
 * Writes a look into the config file in the user's config folder, in place of one with that name.
 * @throws StepsAnimationError `usage` for a wrong name or option, `input` for an invalid file, `output` if it cannot be
 *   written
 */
export async function writeOwnLook(name: string, options: OwnLook): Promise<void> {
  // One that is on top of another of these must not need it any more.
  const whole = await withOwnLook(options);
  checkAnimationOptions(whole);
  const { success, error } = looksSchema.safeParse({ [name]: whole });
  if (!success)
    throw new StepsAnimationError('usage', `The name ${JSON.stringify(name)}: ${error.issues[0]?.message}.`);
  await writeOwnSection('looks', { ...(await readOwnSection('looks', looksSchema)), [name]: whole });
}

/**
 * Options whose look is one of the config file, with that look's options below them. Others are as they were.
 * @throws StepsAnimationError `usage` if there is no such look; as `readOwnLooks`
 */
export async function withOwnLook(given: unknown): Promise<unknown> {
  if (!isRecord(given) || typeof given.look !== 'string' || isBuiltIn(given.look)) return given;
  const own = await readOwnLooks();
  if (Object.hasOwn(own, given.look)) {
    const { look: _, ...changes } = given;
    return { ...own[given.look], ...changes };
  }
  const names = [...lookNames, ...Object.keys(own)].join(', ');
  throw new StepsAnimationError('usage', `There is no look ${JSON.stringify(given.look)}: choose one of ${names}.`);
}
