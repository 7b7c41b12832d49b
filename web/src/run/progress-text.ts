import type { JobShape } from '../api/types.js';
import { words } from '../words/words.js';

type Progress = JobShape['progress'];

/** Percentage of the steps that are sampled and, after that, of the frames that are rendered. */
export function progressPercent(progress: Progress): number {
  if (!progress) return 0;
  const { phase, frame, frames, step, steps } = progress;
  if (phase === 'rendering') return frames > 0 ? (100 * frame) / frames : 0;
  return steps > 0 ? (100 * step) / steps : 0;
}

/** The current activity of a job, or its position in the queue. */
export function progressText({ position, progress, waitsFor }: JobShape): string {
  const { progress: text } = words();
  if (waitsFor.length > 0) return text.waitsFor(waitsFor);
  if (position !== null) return text.position(position);
  if (!progress || progress.phase === 'loading') return text.loading;
  const { phase, step, steps, frame, frames } = progress;
  if (phase === 'sampling') return text.step(step, steps);
  return frames > 0 ? text.frame(frame, frames) : text.movie;
}

/** The remaining time, or else the speed; empty while both are unknown. */
export function speedText(progress: Progress): string {
  if (progress?.phase !== 'sampling' || progress.stepsPerSecond === null) return '';
  const { stepsPerSecond, secondsLeft } = progress;
  const { progress: text } = words();
  if (secondsLeft !== null) return text.left(durationText(Math.ceil(secondsLeft)));
  return stepsPerSecond >= 1
    ? text.stepsPerSecond(stepsPerSecond.toFixed(1))
    : text.secondsPerStep((1 / stepsPerSecond).toFixed(1));
}

function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

/** What screen readers announce: the start, each quarter, each phase, and the end. */
export function announcement(job: JobShape): string {
  const { progress: text } = words();
  switch (job.state) {
    case 'queued':
      return progressText(job);
    case 'running': {
      if (job.progress?.phase !== 'sampling') return progressText(job).split(':')[0] ?? '';
      const quarter = Math.floor(progressPercent(job.progress) / 25) * 25;
      return quarter === 0 ? text.started : text.percent(quarter);
    }
    case 'finished':
      return job.animations.length > 0 ? text.movieReady : text.imageReady;
    case 'interrupted':
      return text.interrupted;
    case 'cancelled':
      return text.removed;
    case 'failed':
      // The alert announces it.
      return '';
  }
}

/** The title of a job in lists: its prompt, or the codec that it renders. */
export function jobTitle({ kind, options }: JobShape): string {
  const { progress: text } = words();
  if (kind === 'render') return text.render(String(options.animation?.codec ?? ''));
  const prompt = String(options.generation?.prompt ?? '').trim();
  return `${kind}: ${prompt || text.noPrompt}`;
}
