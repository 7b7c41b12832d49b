import { inspectFile } from '../app/inspect-file.js';
import { type InfotextOptions, optionsOfInfotext } from '../infotext/infotext-options.js';
import { type Infotext, parseInfotext } from '../infotext/parse-infotext.js';
import { serveTasks } from '../util/task-runner.js';

// The process that inspection.ts starts.

/** What a file is, with its infotext as the web UIs and as we read it. */
export type InspectedFile = Infotext &
  InfotextOptions & {
    readonly type: 'image' | 'movie';
    readonly infotext: string | null;
    readonly tags: Readonly<Record<string, string>>;
  };

/** Characters of an infotext; a longer one is ignored. */
const maxTextLength = 1024 * 1024;

serveTasks<{ readonly path: string }, InspectedFile>(async ({ path }) => {
  const { type, infotext: found, tags } = await inspectFile(path);
  const infotext = found !== null && found.length > maxTextLength ? null : found;
  const text = infotext ?? '';
  return {
    ...{ type, infotext, tags: Object(tags ?? {}) as Record<string, string> },
    ...parseInfotext(text),
    ...optionsOfInfotext(text),
  };
});
