import { StepsAnimationError } from '../errors.js';

/** A model repository on a hub. */
export type Repository = {
  /** `owner/name`. */
  readonly name: string;
  /** A branch, a tag or a commit; undefined for the newest version. */
  readonly revision: string | undefined;
};

/** What the hub allows in the name of an owner or a repository, in addition to the check for `--` and `..` below. */
const part = /^[a-z0-9_](?:[a-z0-9._-]{0,94}[a-z0-9_-])?$/i;
const revisionPart = /^[a-z0-9_-](?:[a-z0-9._-]{0,198}[a-z0-9_-])?$/i;

/** Short names of repositories in the diffusers ONNX layout (docs/models.md). */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['sdxl', 'stabilityai/stable-diffusion-xl-base-1.0'],
  ['sdxl-turbo', 'stabilityai/sdxl-turbo'],
  ['lcm-dreamshaper', 'SimianLuo/LCM_Dreamshaper_v7'],
]);

/** Parses a short name or `owner/name`, with or without `@revision`; undefined if the text is neither. */
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
 * The same, but throws.
 * @throws StepsAnimationError `usage` if the text is no repository
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

/** The name of a repository's model folder, valid on every file system: `owner--name@revision`. */
export function folderNameOf({ name, revision }: Repository): string {
  const text = revision === undefined ? name : `${name}@${revision}`;
  return text.replaceAll('/', '--');
}

/** A repository as `owner/name` or `owner/name@revision`. */
export function textOf({ name, revision }: Repository): string {
  return revision === undefined ? name : `${name}@${revision}`;
}
