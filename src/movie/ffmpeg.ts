import { FFmpegError, Filter, type FilterContext, type FilterGraph } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';

/**
 * Throws if an FFmpeg call has failed.
 * @param status what the call returned, negative on failure
 * @param action completes "Could not …"
 */
export function check(status: number, code: 'encoder' | 'output', action: string): void {
  if (status >= 0) return;
  throw new StepsAnimationError(code, `Could not ${action}: ${new FFmpegError(status).message}.`);
}

/** The same for calls that read the movie at `path`. */
export function checkRead(status: number, path: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError('input', `Cannot read the movie ${path} (${reason}): replace or remove it.`);
}

/** Adds a filter to a graph, such as `scale` with `flags=bicubic`. */
export function addFilter(graph: FilterGraph, type: string, parameters?: string): FilterContext {
  const implementation = Filter.getByName(type);
  const context = implementation && graph.createFilter(implementation, type, parameters);
  if (!context) throw new StepsAnimationError('encoder', `The filter ${type} is not in this build of node-av.`);
  return context;
}

/** Links filters one after another and configures the graph. @returns FFmpeg's status */
export async function linkFilters(graph: FilterGraph, filters: readonly FilterContext[]): Promise<number> {
  for (const [index, filter] of filters.entries()) {
    const next = filters[index + 1];
    const status = next ? filter.link(0, next, 0) : 0;
    if (status < 0) return status;
  }
  return await graph.config();
}
