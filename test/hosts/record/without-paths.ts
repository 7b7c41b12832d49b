import { hostname, userInfo } from 'node:os';

/** An absolute path of Unix, also after an escaped line break of JSON. */
const absolutePath =
  /(?<=^|[^\w.-]|\\[nrt])\/(?:root|home|Users|work|tmp|var|usr|opt|mnt|media|data|etc|srv)\b[^\s\\"'<>|,;:()[\]{}]*/gu;

/** A text with paths of the machine cut down to the names of their files, and without its name and its user's. */
export function withoutPaths(text: string): string {
  const names = [hostname(), userInfo().username].filter((name) => name.length > 4);
  const withoutNames = names.reduce((rest, name) => rest.replaceAll(name, 'somebody'), text);
  return withoutNames.replace(absolutePath, (path) => `/somewhere/${path.split('/').at(-1)}`);
}

/** Absolute paths in a text, but for those that stand for others. */
export function pathsIn(text: string): readonly string[] {
  return text.match(absolutePath) ?? [];
}
