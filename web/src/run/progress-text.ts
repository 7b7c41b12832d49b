import type { JobShape } from '../api/types.js';

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
  if (waitsFor.length > 0) return `Waiting for ${waitsFor.join(' or ')} to respond`;
  if (position !== null) return position === 1 ? 'Next in the queue' : `Position ${position} in the queue`;
  if (!progress || progress.phase === 'loading') return 'Loading the model';
  const { phase, step, steps, frame, frames } = progress;
  if (phase === 'sampling') return `Step ${step} of ${steps}`;
  return frames > 0 ? `Making the movie: frame ${frame} of ${frames}` : 'Making the movie';
}

/** Speed and remaining time, such as `2.0 it/s, 5 s left`; empty while they are unknown. */
export function speedText(progress: Progress): string {
  if (progress?.phase !== 'sampling' || progress.stepsPerSecond === null) return '';
  const { stepsPerSecond, secondsLeft } = progress;
  const pace = stepsPerSecond >= 1 ? `${stepsPerSecond.toFixed(1)} it/s` : `${(1 / stepsPerSecond).toFixed(1)} s/it`;
  return secondsLeft === null ? pace : `${pace}, ${durationText(Math.ceil(secondsLeft))} left`;
}

function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

/** What screen readers announce: the start, each quarter, each phase, and the end. */
export function announcement(job: JobShape): string {
  switch (job.state) {
    case 'queued':
      return progressText(job);
    case 'running': {
      if (job.progress?.phase !== 'sampling') return progressText(job).split(':')[0] ?? '';
      const quarter = Math.floor(progressPercent(job.progress) / 25) * 25;
      return quarter === 0 ? 'Sampling started' : `${quarter} percent`;
    }
    case 'finished':
      return job.animations.length > 0 ? 'Finished: the movie is ready' : 'Finished: the image is ready';
    case 'interrupted':
      return 'Interrupted';
    case 'cancelled':
      return 'Removed from the queue';
    case 'failed':
      // The alert announces it.
      return '';
  }
}

/** The title of a job in lists: its prompt, or the codec that it renders. */
export function jobTitle({ kind, options }: JobShape): string {
  if (kind === 'render') return `render as ${String(options.animation?.codec ?? 'a movie')}`;
  const prompt = String(options.generation?.prompt ?? '').trim();
  return `${kind}: ${prompt || 'no prompt'}`;
}
