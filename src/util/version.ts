import { readFileSync } from 'node:fs';

const { version: packageVersion } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};

/** The version of this package. */
export const version = packageVersion;

/** The name and version of this package, for the tags of movies. */
export const nameAndVersion = `Steps Animation ${version}`;
