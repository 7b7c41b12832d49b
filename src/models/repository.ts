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

/**
 * Reads `owner/name` or `owner/name@revision`.
 * @throws StepsAnimationError `usage`
 */
export function parseRepository(text: string): Repository {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? undefined : text.slice(at + 1);
  const parts = name.split('/');
  const isName = parts.length === 2 && parts.every((each) => isSafe(each, part));
  const isRevision = revision === undefined || revision.split('/').every((each) => isSafe(each, revisionPart));
  if (isName && isRevision) return { name, revision };
  throw new StepsAnimationError(
    'usage',
    `${JSON.stringify(text)} is no model repository: give one as "owner/name", or "owner/name@revision".`,
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
