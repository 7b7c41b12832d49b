import type { JobShape } from '../api/types.js';

type Progress = JobShape['progress'];

/** How much of the work at hand is done, in percent: of the steps, and then of the frames. */
export function shareOf(progress: Progress): number {
  if (!progress) return 0;
  const { phase, frame, frames, step, steps } = progress;
  if (phase === 'rendering') return frames > 0 ? (100 * frame) / frames : 0;
  return steps > 0 ? (100 * step) / steps : 0;
}

/** What is being done. */
export function describe({ position, progress, waitsFor }: JobShape): string {
  if (waitsFor.length > 0) return `Waits until ${waitsFor.join(' or ')} answers`;
  if (position !== null) return position === 1 ? 'Next in the queue' : `Place ${position} in the queue`;
  if (!progress || progress.phase === 'loading') return 'Loading the model';
  const { phase, step, steps, frame, frames } = progress;
  if (phase === 'sampling') return `Step ${step} of ${steps}`;
  return frames > 0 ? `Making the movie: frame ${frame} of ${frames}` : 'Making the movie';
}

/** How fast it goes, and how long it takes still; empty while that is not known. */
export function speed(progress: Progress): string {
  if (progress?.phase !== 'sampling' || progress.stepsPerSecond === null) return '';
  const { stepsPerSecond, secondsLeft } = progress;
  const pace = stepsPerSecond >= 1 ? `${stepsPerSecond.toFixed(1)} it/s` : `${(1 / stepsPerSecond).toFixed(1)} s/it`;
  return secondsLeft === null ? pace : `${pace}, ${timeLeft(Math.ceil(secondsLeft))} left`;
}

function timeLeft(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

/** What screen readers say: the beginning, each quarter, what else begins, and the end; nothing that changes faster. */
export function spoken(job: JobShape): string {
  switch (job.state) {
    case 'queued':
      return describe(job);
    case 'running': {
      if (job.progress?.phase !== 'sampling') return describe(job).split(':')[0] ?? '';
      const quarter = Math.floor(shareOf(job.progress) / 25) * 25;
      return quarter === 0 ? 'Sampling has begun' : `${quarter} percent`;
    }
    case 'finished':
      return job.animations.length > 0 ? 'Finished: the movie is there' : 'Finished: the image is there';
    case 'interrupted':
      return 'Interrupted';
    case 'cancelled':
      return 'Taken out of the queue';
    case 'failed':
      // The alert says it.
      return '';
  }
}
