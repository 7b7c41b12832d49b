import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';

/** Where models are: those that come with this package, and those that a person has stored. Both absolute. */
export type ModelsFolders = { readonly packaged: string; readonly stored: string };

const packaged = fileURLToPath(new URL('../../models', import.meta.url));

/**
 * The folders of models: the stored ones are in `given`, else in `$STEPS_ANIMATION_MODELS`, else in the cache folder
 * of the platform (`~/.cache` or `$XDG_CACHE_HOME`, `~/Library/Caches`, `%LOCALAPPDATA%`).
 */
export function locateModels(given?: string): ModelsFolders {
  const chosen = given || process.env.STEPS_ANIMATION_MODELS;
  const stored = chosen ? resolve(chosen) : join(envPaths('steps-animation', { suffix: '' }).cache, 'models');
  return { packaged, stored };
}
