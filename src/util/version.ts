import { readFileSync } from 'node:fs';

const { version: packageVersion } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};

/** The version of this package. */
export const version = packageVersion;

/** Our name and version, as written into the tags of a movie. */
export const nameAndVersion = `Steps Animation ${version}`;
