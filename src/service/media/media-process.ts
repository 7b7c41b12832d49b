import type { RunEvent } from '../../app/events.js';
import { readInfotext } from '../../app/inspect-file.js';
import { type RenderSettings, render } from '../../app/render.js';
import { type MovieInfo, probeMovie, tagOf } from '../../movie/probe.js';
import { serveTasks, type TaskContext } from '../../util/task-runner.js';
import { inspect } from './inspect.js';
import { posterOf } from './poster.js';

// The processes that media.ts starts.

/** A movie as its file describes it. */
export type MovieFile = MovieInfo & { readonly infotext: string };

/** What they do, by name: an input that can be sent becomes a result that can be sent. */
const work = {
  inspect,
  poster: posterOf,
  movie: async (path: string): Promise<MovieFile> => {
    const info = await probeMovie(path);
    return { ...info, infotext: tagOf(info.tags, 'comment') ?? (await readInfotext(path)) ?? '' };
  },
  render: async (settings: Omit<RenderSettings, 'onEvent' | 'signal'>, context: TaskContext<RunEvent>) =>
    await render({ ...settings, signal: context.signal, onEvent: context.report }),
};

export type MediaWork = typeof work;
export type MediaTask<Name extends keyof MediaWork = keyof MediaWork> = {
  readonly name: Name;
  readonly input: Parameters<MediaWork[Name]>[0];
};

serveTasks<MediaTask, unknown, RunEvent>(({ name, input }, context) => work[name](input as never, context));
