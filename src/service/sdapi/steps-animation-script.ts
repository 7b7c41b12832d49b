import { type AnimationOptions, animationOptionsSchema } from '../../options/animation-options.js';
import { valueOfText } from '../../options/check-options.js';
import { describeOptions, type OptionDescription } from '../../options/describe-options.js';
import { withLook } from '../../options/looks.js';
import { rowsOf } from '../../options/option.js';
import type { AnimationOptionsInput } from '../../options/option-types.js';
import { isRecord } from '../../util/is-record.js';
import { snakeCase } from '../../util/letter-case.js';
import { HttpError } from '../http-error.js';
import { boolean, checkFields, complain } from './validation.js';

/** Name of the script in requests and lists. */
export const scriptName = 'steps animation';

const rows = rowsOf(animationOptionsSchema);
const classicOptions = animationOptionsSchema.parse({});
const isOriginal = ({ place }: OptionDescription) => place !== undefined;
const described = describeOptions(animationOptionsSchema);

/** The arguments after the switch: those of the original script in its order, then the newer ones. */
export const scriptArguments = [
  ...described.filter(isOriginal).sort((a, b) => (a.place ?? 0) - (b.place ?? 0)),
  ...described.filter((option) => !isOriginal(option)),
].map(({ isOfLook: _, ...option }) => {
  const name = option.name as keyof AnimationOptions;
  return { names: namesOf(name), ...option, default: classicOptions[name] };
});

const optionByName = new Map(scriptArguments.flatMap((option) => option.names.map((name) => [name, option] as const)));

/** What a request may call an option: the original script's name, and ours in snake_case. */
function namesOf(name: keyof AnimationOptions): string[] {
  return [...new Set([rows[name].original?.name ?? snakeCase(name), snakeCase(name)])];
}

/** The response of `GET /script-info`, for both tabs. */
export function scriptInfo(): unknown[] {
  const enabled = { label: 'Script Enabled', value: false, minimum: null, maximum: null, step: null, choices: null };
  const args = [enabled, ...scriptArguments.map(argumentOf)];
  return [false, true].map((is_img2img) => ({ name: scriptName, is_alwayson: true, is_img2img, args }));
}

function argumentOf(option: OptionDescription): unknown {
  const { label, type, default: value, minimum = null, maximum = null, multipleOf, choices = null } = option;
  const step = multipleOf ?? (type === 'integer' ? 1 : null);
  return { label, value, minimum, maximum, step, choices };
}

/**
 * The options of the animation that `alwayson_scripts` request; null if they request none.
 * @throws HttpError 422 for unknown scripts and invalid arguments
 */
export function animationOf(scripts: Readonly<Record<string, unknown>>): AnimationOptionsInput | null {
  const unknown = Object.keys(scripts).find((name) => name.toLowerCase() !== scriptName);
  if (unknown !== undefined) throw scriptNotFound(unknown);
  const [script] = Object.values(scripts);
  const args = isRecord(script) ? script.args : undefined;
  if (args === undefined || args === null) return null;
  const list = Array.isArray(args) ? args : [args];
  return list.length === 1 && isRecord(list[0]) ? byName(list[0]) : byPosition(list);
}

/** The web UIs' error for an unknown script. */
export function scriptNotFound(name: string): HttpError {
  return new HttpError(422, `Script '${name}' not found`);
}

function byPosition([isEnabled = false, ...values]: readonly unknown[]): AnimationOptionsInput | null {
  if (!isTrue(isEnabled)) return null;
  const given = scriptArguments.flatMap((option, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [[option.name, readValue(option, value)] as const];
  });
  return checked(Object.fromEntries(given));
}

/** Named options enable the script unless `is_enabled` is false. */
function byName({ is_enabled = true, ...values }: Readonly<Record<string, unknown>>): AnimationOptionsInput | null {
  if (!isTrue(is_enabled)) return null;
  const given = Object.entries(values).map(([name, value]) => {
    const option = optionByName.get(name);
    if (!option) throw complain('alwayson_scripts', `${scriptName} has no option "${name}"`, value);
    return [option.name, readValue(option, value)] as const;
  });
  return checked(Object.fromEntries(given));
}

function isTrue(isEnabled: unknown): boolean {
  const { data } = boolean.safeParse(isEnabled);
  if (data === undefined) throw complain('is_enabled', 'Input should be a valid boolean', isEnabled);
  return data;
}

/** Converts a value from text to the type of its option. */
function readValue(option: OptionDescription, value: unknown): unknown {
  return option.type === 'boolean' ? (boolean.safeParse(value).data ?? value) : valueOfText(option, value);
}

/** Clients expect what the original script did, unless they name a look. */
function checked(given: Readonly<Record<string, unknown>>): AnimationOptionsInput {
  return checkFields(
    animationOptionsSchema,
    withLook(given, 'classic'),
    (name) => `alwayson_scripts.${scriptName}.${name}`,
  );
}
