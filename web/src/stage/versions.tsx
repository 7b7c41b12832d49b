import { Button, VisuallyHidden } from '@mantine/core';
import { useAbout, useJob } from '../api/queries.js';
import type { JobMovie, JobShape } from '../api/types.js';
import { useCancel } from '../run/job-actions.js';
import { bytesText, movieName } from '../run/movies.js';
import { progressPercent, progressText } from '../run/progress-text.js';
import { downloadUrl, playerOf } from '../ui/media.js';
import { ProgressBar } from '../ui/progress-bar.js';
import { words } from '../words/words.js';
import classes from './stage.module.css';

type Props = {
  readonly job: JobShape;
  readonly movies: readonly JobMovie[];
  readonly movie: JobMovie | undefined;
  /** the jobs that make further movies of the image, newest first */
  readonly renders: readonly JobShape[];
  readonly onChoose: (id: string) => void;
};

/** The movies of an image, if there are several, and those that are under way. */
export function Versions({ job, movies, movie, renders, onChoose }: Props) {
  const { data: about } = useAbout();
  const { stage, outcome } = words();
  const newest = renders[0];
  const unfinished = renders.filter(({ state }) => state === 'queued' || state === 'running');
  const format = ({ codec, seed }: JobMovie) => (seed === null && job.images.length > 1 ? `grid, ${codec}` : codec);
  return (
    <>
      <VisuallyHidden role="status" aria-live="polite">
        {unfinished.length > 0 ? stage.anotherUnderWay : newest?.state === 'finished' && stage.anotherReady}
      </VisuallyHidden>
      {movies.length > 1 && (
        <fieldset className={classes.versions} aria-label={stage.movies}>
          {movies.map((each) => (
            <button
              key={each.id}
              type="button"
              className={classes.version}
              aria-pressed={each.id === movie?.id}
              onClick={() => onChoose(each.id)}
            >
              <img src={each.posterUrl} alt="" loading="lazy" />
              <span>
                {movieName(each, about)}
                <small>
                  {format(each)} · {bytesText(each.bytes)}
                </small>
              </span>
            </button>
          ))}
        </fieldset>
      )}
      {unfinished.map((render) => (
        <Rendering key={render.id} render={render} />
      ))}
      {newest?.state === 'failed' && (
        <div className={classes.message} data-bad role="alert">
          <p>{`${stage.anotherFailed}: ${newest.error}`}</p>
        </div>
      )}
      {movie && playerOf(movie.codec) === undefined && (
        <div className={classes.message}>
          <p>{outcome.proRes}</p>
          <Button component="a" href={downloadUrl(movie.url)} download variant="default" size="xs">
            {outcome.downloadMovie}
          </Button>
        </div>
      )}
    </>
  );
}

/** A movie that is under way. */
function Rendering({ render }: { readonly render: JobShape }) {
  const { data: job = render } = useJob(render.id);
  const cancel = useCancel();
  const { stage, player } = words();
  const text = progressText(job);
  return (
    <div className={classes.rendering}>
      <span>{`${stage.another}: ${text}`}</span>
      <ProgressBar percent={progressPercent(job.progress)} label={stage.another} text={text} />
      <button type="button" className={classes.control} onClick={() => cancel.mutate(job.id)}>
        {player.cancel}
      </button>
    </div>
  );
}
