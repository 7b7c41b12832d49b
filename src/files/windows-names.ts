import { StepsAnimationError } from '../errors.js';

const devices = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are refused
const refused = /[<>:"|?*\u0000-\u001f]/u;
/** A drive, such as `C:\`, or a share or device, such as `\\server\share\`. */
const root = /^(?:[a-z]:[\\/]?|[\\/]{2}(?:\?[\\/])?[^\\/]+[\\/]+[^\\/]+)/iu;

/**
 * On Windows, checks each part of a path: some names are those of devices, a colon starts a stream of a file, and dots
 * and spaces at an end are dropped without a word.
 * @throws StepsAnimationError `usage` naming the part
 */
export function checkWindowsPath(path: string): void {
  if (process.platform !== 'win32') return;
  for (const part of path.replace(root, '').split(/[\\/]+/u)) {
    const problem = part === '.' || part === '..' ? undefined : problemOf(part);
    if (problem === undefined) continue;
    throw new StepsAnimationError(
      'usage',
      `Windows cannot use the name "${part}" in ${path} (${problem}): choose another.`,
    );
  }
}

function problemOf(part: string): string | undefined {
  if (devices.test(part)) return 'it is that of a device';
  const character = refused.exec(part)?.[0];
  if (character !== undefined) return `no name contains ${JSON.stringify(character)}`;
  return /[. ]$/u.test(part) ? 'it ends in a dot or a space' : undefined;
}
