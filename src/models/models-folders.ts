import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';

/** The folders of the models of this package and of the stored (pulled) ones; absolute paths. */
export type ModelsFolders = { readonly packaged: string; readonly stored: string };

const packaged = fileURLToPath(new URL('../../models', import.meta.url));

/**
 * The folders of models.
 * @param given folder of the stored models. Default: `$STEPS_ANIMATION_MODELS`, or else the cache folder of the
 *   platform (below `~/.cache` or `$XDG_CACHE_HOME`, `~/Library/Caches`, `%LOCALAPPDATA%`)
 */
export function locateModels(given?: string): ModelsFolders {
  const chosen = given || process.env.STEPS_ANIMATION_MODELS;
  const stored = chosen ? resolve(chosen) : join(envPaths('steps-animation', { suffix: '' }).cache, 'models');
  return { packaged, stored };
}
