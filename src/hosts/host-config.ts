import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { readConfigSections, readOwnSection, writeOwnSection } from '../files/config-file.js';
import { hostNames } from './host-kinds.js';

/** Characters of a new host's name. */
const maxNameLength = 100;

const configuredHostSchema = z.strictObject({
  /** its name in `--host` */
  name: z
    .string()
    .min(1)
    .refine((name) => !hostNames.includes(name), 'is the name of a kind of host: choose another'),
  host: z.enum(hostNames),
  url: z.url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:7860' }).exactOptional(),
  auth: z.string().exactOptional(),
  workflow: z.string().min(1).exactOptional(),
});

/** A host that is added: with a name that people can type and addresses can contain, as `.` and `..` cannot. */
export const newHostSchema = configuredHostSchema.extend({
  name: configuredHostSchema.shape.name
    .max(maxNameLength, `must have at most ${maxNameLength} characters`)
    .refine((name) => !/^\.{1,2}$|[\p{Cc}\p{Cs}]/u.test(name), 'must not be . or .., or have control characters'),
});

const hostsSchema = z.array(configuredHostSchema).default([]);

/** A host to which the user has given a name. */
export type ConfiguredHost = z.output<typeof configuredHostSchema>;

/**
 * The hosts of `steps-animation.config.json` in the working folder and in the user's config folder (`~/.config` or
 * `$XDG_CONFIG_HOME`, `~/Library/Preferences`, `%APPDATA%`); the first one of a name counts.
 * @throws StepsAnimationError `input` for an invalid file
 */
export async function readConfiguredHosts(): Promise<readonly ConfiguredHost[]> {
  const hosts = (await readConfigSections('hosts', hostsSchema)).flat();
  return hosts.filter(({ name }, index) => hosts.findIndex((host) => host.name === name) === index);
}

/** The hosts of the user's config folder only, which `rememberHost` and `forgetHost` change. */
export async function readOwnHosts(): Promise<readonly ConfiguredHost[]> {
  return await readOwnSection('hosts', hostsSchema);
}

/**
 * Adds a host to the user's config folder, in a file that nobody else may read.
 * @throws StepsAnimationError `usage` if the name is taken, `input` for an invalid config file, `output` if it cannot be
 *   written
 */
export async function rememberHost(host: ConfiguredHost): Promise<void> {
  await checkIsNew(host.name);
  await writeOwnHosts([...(await readOwnHosts()).filter(({ name }) => name !== host.name), host]);
}

/** @throws StepsAnimationError `usage` if a configured host has the name */
export async function checkIsNew(name: string): Promise<void> {
  if ((await readConfiguredHosts()).some((host) => host.name === name)) throw nameTaken(name);
}

export function nameTaken(name: string): StepsAnimationError {
  const remedy = 'choose another name, or remove that one first';
  return new StepsAnimationError('usage', `There is a host ${JSON.stringify(name)} already: ${remedy}.`);
}

/**
 * Removes a host from the user's config folder.
 * @throws StepsAnimationError as `rememberHost`
 */
export async function forgetHost(name: string): Promise<void> {
  await writeOwnHosts((await readOwnHosts()).filter((host) => host.name !== name));
}

async function writeOwnHosts(hosts: readonly ConfiguredHost[]): Promise<void> {
  await writeOwnSection('hosts', hosts);
}
