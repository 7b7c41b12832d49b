import { inspectFile } from '../../app/inspect-file.js';
import { type InfotextOptions, optionsOfInfotext } from '../../infotext/infotext-options.js';
import { type Infotext, parseInfotext } from '../../infotext/parse-infotext.js';

/** What a file is, with its infotext as the web UIs and as we read it. */
export type InspectedFile = Infotext &
  InfotextOptions & {
    readonly type: 'image' | 'movie';
    readonly infotext: string | null;
    readonly tags: Readonly<Record<string, string>>;
  };

/** Characters of an infotext; a longer one is ignored. */
const maxTextLength = 1024 * 1024;

/** Inspects a file that a client sent. */
export async function inspect(path: string): Promise<InspectedFile> {
  const { type, infotext: found, tags } = await inspectFile(path);
  const infotext = found !== null && found.length > maxTextLength ? null : found;
  const text = infotext ?? '';
  return {
    ...{ type, infotext, tags: Object(tags ?? {}) as Record<string, string> },
    ...parseInfotext(text),
    ...optionsOfInfotext(text),
  };
}
