import { StepsAnimationError } from '../errors.js';

/** A model repository of a hub. */
export type Repository = {
  /** `owner/name` */
  readonly name: string;
  /** a branch, a tag or a commit; undefined for the newest version */
  readonly revision: string | undefined;
};

/** What the hub allows in the name of an owner and of a repository; it allows neither `--` nor `..` in them. */
const part = /^[a-z0-9_](?:[a-z0-9._-]{0,94}[a-z0-9_-])?$/i;
const revisionPart = /^[a-z0-9_-](?:[a-z0-9._-]{0,198}[a-z0-9_-])?$/i;

/** Repositories that hold the diffusers ONNX layout, by names that are easier to remember (docs/models.md). */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['sdxl', 'stabilityai/stable-diffusion-xl-base-1.0'],
  ['sdxl-turbo', 'stabilityai/sdxl-turbo'],
  ['lcm-dreamshaper', 'SimianLuo/LCM_Dreamshaper_v7'],
]);

/** Reads a short name or `owner/name`, each with `@revision` or without; undefined for what is none of these. */
export function readRepository(text: string): Repository | undefined {
  const at = text.indexOf('@');
  const given = at < 0 ? text : text.slice(0, at);
  const name = shortNames.get(given) ?? given;
  const revision = at < 0 ? undefined : text.slice(at + 1);
  const parts = name.split('/');
  const isName = parts.length === 2 && parts.every((each) => isSafe(each, part));
  const isRevision = revision === undefined || revision.split('/').every((each) => isSafe(each, revisionPart));
  return isName && isRevision ? { name, revision } : undefined;
}

/**
 * Reads a repository as `readRepository` does.
 * @throws StepsAnimationError `usage` for what is none
 */
export function parseRepository(text: string): Repository {
  const repository = readRepository(text);
  if (repository) return repository;
  throw new StepsAnimationError(
    'usage',
    `${JSON.stringify(text)} is no model repository: give one as "owner/name", "owner/name@revision", or one of: ${[...shortNames.keys()].join(', ')}.`,
  );
}

function isSafe(text: string, pattern: RegExp): boolean {
  return pattern.test(text) && !text.includes('--') && !text.includes('..');
}

/** The name of the folder that holds a repository's model, which every file system accepts: `owner--name@revision`. */
export function folderNameOf({ name, revision }: Repository): string {
  const text = revision === undefined ? name : `${name}@${revision}`;
  return text.replaceAll('/', '--');
}

/** How a person writes a repository. */
export function textOf({ name, revision }: Repository): string {
  return revision === undefined ? name : `${name}@${revision}`;
}
