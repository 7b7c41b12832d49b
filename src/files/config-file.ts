import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';
import { replaceWhole } from './whole-files.js';

const fileName = 'steps-animation.config.json';

/** The sections of a config file, which are checked by those who use them. */
const configSchema = z.strictObject({ hosts: z.unknown().exactOptional(), looks: z.unknown().exactOptional() });

type Section = keyof z.output<typeof configSchema>;

/**
 * Reads a section of `steps-animation.config.json` in the working folder and in the user's config folder (`~/.config` or
 * `$XDG_CONFIG_HOME`, `~/Library/Preferences`, `%APPDATA%`), in this order.
 * @param schema of the section, with a default for files that lack it
 * @throws StepsAnimationError `input` for an invalid file
 */
export async function readConfigSections<S extends z.ZodType>(section: Section, schema: S): Promise<z.output<S>[]> {
  const paths = [join(process.cwd(), fileName), ownConfigPath()];
  return await Promise.all(paths.map((path) => readSection(path, section, schema)));
}

/** Reads a section of the file in the user's config folder. @throws StepsAnimationError as `readConfigSections` */
export async function readOwnSection<S extends z.ZodType>(section: Section, schema: S): Promise<z.output<S>> {
  return await readSection(ownConfigPath(), section, schema);
}

/**
 * Replaces a section of the file in the user's config folder, which nobody else may read.
 * @throws StepsAnimationError `input` for an invalid file, `output` if it cannot be written
 */
export async function writeOwnSection(section: Section, value: unknown): Promise<void> {
  const path = ownConfigPath();
  const config = { ...(await readConfig(path)), [section]: value };
  await replaceWhole(path, Buffer.from(`${JSON.stringify(config, null, 2)}\n`), 0o600);
}

function ownConfigPath(): string {
  return join(envPaths('steps-animation', { suffix: '' }).config, fileName);
}

async function readSection<S extends z.ZodType>(path: string, section: Section, schema: S): Promise<z.output<S>> {
  const { success, data, error } = schema.safeParse((await readConfig(path))[section]);
  if (success) return data;
  throw invalid(path, problemsOf(error, [section]), error);
}

async function readConfig(path: string): Promise<z.output<typeof configSchema>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw invalid(path, messageOf(error), error);
  });
  if (text === undefined) return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, messageOf(cause), cause);
  }
  const { success, data, error } = configSchema.safeParse(json);
  if (success) return data;
  throw invalid(path, problemsOf(error), error);
}

function problemsOf({ issues }: z.ZodError, within: readonly string[] = []): string {
  return issues.map(({ path, message }) => `${z.core.toDotPath([...within, ...path])}: ${message}`).join('; ');
}

function invalid(path: string, reason: string, cause: unknown): StepsAnimationError {
  return new StepsAnimationError('input', `Cannot use ${path}: ${reason} (docs/hosts.md shows one).`, { cause });
}
