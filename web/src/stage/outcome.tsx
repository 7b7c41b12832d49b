import type { JobShape } from '../api/types.js';
import { fillFromJob } from '../form/fill-form.js';
import { useRunAgain } from '../run/job-actions.js';
import { words } from '../words/words.js';
import { Notes } from './notes.js';
import classes from './stage.module.css';

/** Why a job failed, was stopped or cancelled, in a line with what helps; else its notes. */
export function Outcome({ job }: { readonly job: JobShape }) {
  const again = useRunAgain(job);
  const { outcome } = words();
  const text = outcomeText(job);
  if (text === undefined) return <Notes notes={job.notes} />;
  const hasFailed = job.state === 'failed';
  return (
    <div className={classes.message} data-bad={hasFailed || undefined} role={hasFailed ? 'alert' : 'note'}>
      <p>{text}</p>
      <button type="button" className={classes.control} onClick={() => fillFromJob(job)}>
        {outcome.useSettings}
      </button>
      <button type="button" className={classes.control} disabled={again.isPending} onClick={() => again.mutate()}>
        {outcome.again}
      </button>
    </div>
  );
}

function outcomeText({ state, error, images, animations }: JobShape): string | undefined {
  const { outcome } = words();
  const steps = images.reduce((sum, image) => sum + image.steps.length, 0);
  switch (state) {
    case 'failed':
      return outcome.failed(error ?? outcome.noReason);
    case 'cancelled':
      return outcome.cancelled;
    case 'interrupted': {
      const reason = error === null ? '' : `${error} `;
      if (animations.length > 0) return `${reason}${outcome.movieUntilThen}`;
      return `${reason}${steps === 0 ? outcome.noStep : outcome.stepsKept(steps)}`;
    }
    default:
      return undefined;
  }
}
