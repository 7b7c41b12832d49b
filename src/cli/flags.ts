import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { type DeviceChoice, deviceNames } from '../diffusion/networks/devices.js';
import { StepsAnimationError } from '../errors.js';
import { hostNames } from '../hosts/host-kinds.js';
import type { HostChoice } from '../hosts/open-host.js';
import { allowedValues, rangeOf } from '../options/allowed-values.js';
import { type AnimationOptions, animationOptionsSchema } from '../options/animation-options.js';
import { checkAnimationOptions } from '../options/check-animation-options.js';
import { checkOptions, valueOfText } from '../options/check-options.js';
import { describeOptions, type OptionDescription } from '../options/describe-options.js';
import { withOwnLook } from '../options/own-looks.js';

/** A flag with a `--no-…` counterpart, which the help shows on the same line. */
class NegatableOption extends Option {}

/** How the help writes an option. */
export function optionTerm(option: Option): string {
  return option instanceof NegatableOption ? option.flags.replace('--', '--[no-]') : option.flags;
}

/**
 * Adds a flag for every option of a schema. The help shows the defaults, the schema sets them.
 * @param isTaken which of the options the command takes; all by default
 */
export function addFlags(
  command: Command,
  heading: string,
  schema: z.ZodObject,
  isTaken: (option: OptionDescription) => boolean = () => true,
): void {
  command.optionsGroup(heading);
  for (const description of describeOptions(schema).filter(isTaken)) {
    for (const option of flagsOf(description)) command.addOption(option);
  }
}

function flagsOf(description: OptionDescription): Option[] {
  const { flag, type, help, default: defaultValue } = description;
  if (type === 'boolean') {
    const negative = new Option(flag.replace('--', '--no-')).hideHelp();
    return [new NegatableOption(flag, `${help} (default: ${defaultValue ? 'yes' : 'no'})`), negative];
  }
  const placeholder = description.choices ? 'name' : type === 'string' ? 'text' : 'number';
  return [new Option(`${flag} <${placeholder}>`, `${help} (${hint(description)})`)];
}

function hint(description: OptionDescription): string {
  const { type, choices, default: defaultValue, isOfLook } = description;
  const shownDefault = `default: ${isOfLook ? 'by the look' : defaultValue === '' ? 'none' : defaultValue}`;
  if (choices) return `${allowedValues(description)}; ${shownDefault}`;
  if (type === 'string') return shownDefault;
  const range = [rangeOf(description), ...(description.word === undefined ? [] : [`or ${description.word}`])].join(' ');
  return `${range}; ${shownDefault}`;
}

/**
 * Reads the options of a schema from a command's flags, checked and complete.
 * @throws StepsAnimationError `usage` naming the flags with wrong values and what is allowed
 */
export function readOptions<S extends z.ZodObject>(schema: S, flags: Readonly<Record<string, unknown>>): z.output<S> {
  const { options, wording } = givenOptions(schema, flags);
  return checkOptions(schema, options, wording);
}

/**
 * Reads the animation options from a command's flags, checked and completed by their look, which may be one of the config
 * file.
 * @throws StepsAnimationError as `readOptions`
 */
export async function readAnimationOptions(flags: Readonly<Record<string, unknown>>): Promise<AnimationOptions> {
  const { options, wording } = givenOptions(animationOptionsSchema, flags);
  return checkAnimationOptions(await withOwnLook(options), wording);
}

function givenOptions(schema: z.ZodObject, flags: Readonly<Record<string, unknown>>) {
  const given = describeOptions(schema).filter(({ name }) => flags[name] !== undefined);
  const options = Object.fromEntries(given.map((option) => [option.name, valueOfText(option, flags[option.name])]));
  const nameOf = (name: string) => given.find((option) => option.name === name)?.flag ?? name;
  return { options, wording: { nameOf, given: flags } };
}

/** Which host generates the images, and how it is reached. */
export type HostFlags = {
  readonly host?: string;
  readonly url?: string;
  readonly hostAuth?: string;
  readonly workflow?: string;
};

const defaultHost = 'embedded';

/**
 * Adds the flags that choose a host.
 * @param shownDefault what the help says that is used without `--host`; null where it names the kind of a new host
 */
export function addHostFlags(command: Command, shownDefault: string | null = defaultHost): void {
  const kinds = hostNames.join(', ');
  command
    .option(
      '--host <name>',
      shownDefault === null
        ? `kind of the host: ${kinds} (docs/hosts.md)`
        : `what generates the images: ${kinds}, or a name in steps-animation.config.json (docs/hosts.md) (default: ${shownDefault})`,
    )
    .option('--url <address>', 'address of that host (default: its default address on this machine)')
    .option('--host-auth <user:password>', 'login of that host')
    .option(
      '--workflow <file>',
      'ComfyUI workflow that generates the images, as saved with Workflow, Export (API); - is standard input',
    );
}

/** @throws StepsAnimationError `usage` unless `--host` names a kind of host */
export function hostKind({ host }: HostFlags): string {
  if (host !== undefined && hostNames.includes(host)) return host;
  const wrong = host === undefined ? '--host is missing: it' : '--host';
  const given = host === undefined ? '' : `, not ${JSON.stringify(host)}`;
  throw new StepsAnimationError('usage', `${wrong} must be one of ${hostNames.join(', ')}${given}.`);
}

/** The host that the flags choose, without the settings of the embedded one. */
export function hostChoice({ host = defaultHost, url, hostAuth: auth, workflow }: HostFlags): HostChoice {
  return {
    host,
    ...(url !== undefined && { url }),
    ...(auth !== undefined && { auth }),
    ...(workflow && { workflow }),
  };
}

/** Where images and movies go, and what the models run on. */
export type EmbeddedFlags = {
  readonly modelsDir?: string;
  readonly device: DeviceChoice;
};

export function outdirOption(): Option {
  return new Option('--outdir <folder>', 'folder in which images and movies are saved').default('outputs');
}

export function modelsDirOption(): Option {
  const where = '$STEPS_ANIMATION_MODELS, or one in your cache folder';
  return new Option('--models-dir <folder>', `folder of the downloaded models (default: ${where})`);
}

export function deviceOption(): Option {
  return new Option('--device <name>', 'what the model runs on; auto is the first one of this machine that works')
    .choices(deviceNames)
    .default('auto');
}

/** Reads a whole number between two limits. @throws StepsAnimationError `usage` naming the flag */
export function wholeNumber(flag: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    const message = `${flag} must be a whole number from ${minimum} to ${maximum}, not ${JSON.stringify(text)}.`;
    throw new StepsAnimationError('usage', message);
  };
}
