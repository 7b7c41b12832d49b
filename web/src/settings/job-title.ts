import type { JobShape } from '../api/types.js';

/** What a job is called: by its prompt, or by what it renders. */
export function titleOf({ kind, options }: Pick<JobShape, 'kind' | 'options'>): string {
  if (kind === 'render') return `render as ${String(options.animation?.codec ?? 'a movie')}`;
  const prompt = String(options.generation?.prompt ?? '').trim();
  return `${kind}: ${prompt || 'without a prompt'}`;
}
