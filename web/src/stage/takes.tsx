import { useQuery } from '@tanstack/react-query';
import { request } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobShape } from '../api/types.js';
import { openJob } from '../run/job-actions.js';
import { words } from '../words/words.js';
import classes from './stage.module.css';

/** Pictures that fit beside the picture. */
const maxTakes = 5;

type Props = {
  /** the job on the stage; undefined while it is not in the list */
  readonly job: JobShape | undefined;
  /** index of its image that is shown */
  readonly image?: number;
  readonly onImage?: (index: number) => void;
};

/** The images of the job on the stage, and those of the jobs before, to go back to. */
export function Takes({ job, image, onImage }: Props) {
  const { data: recent = [] } = useQuery({
    queryKey: keys.recent,
    queryFn: async ({ signal }) => (await request<{ jobs: JobShape[] }>('/jobs?limit=20', { signal })).jobs,
  });
  const { stage } = words();
  const own = (job?.images ?? []).flatMap((each) => {
    const url = each.url ?? each.steps.at(-1)?.url;
    return url ? [{ ...each, url }] : [];
  });
  const others = recent.flatMap((each) => {
    const url = each.kind === 'render' || each.id === job?.id ? undefined : each.images.find(({ url }) => url)?.url;
    return url ? [{ job: each, url }] : [];
  });
  return (
    <>
      {own.length > 1 && (
        <fieldset className={classes.group} aria-label={stage.image}>
          {own.slice(0, maxTakes + 1).map(({ index, seed, url }) => (
            <button
              key={index}
              type="button"
              className={classes.take}
              aria-pressed={index === image}
              aria-label={stage.seed(seed)}
              title={stage.seed(seed)}
              onClick={() => onImage?.(index)}
            >
              <img src={url} alt="" loading="lazy" />
            </button>
          ))}
        </fieldset>
      )}
      <fieldset className={classes.group} aria-label={stage.recent}>
        {own.length === 1 && own[0] && (
          <button
            type="button"
            className={classes.take}
            aria-pressed="true"
            aria-label={stage.seed(own[0].seed)}
            title={stage.seed(own[0].seed)}
          >
            <img src={own[0].url} alt="" />
          </button>
        )}
        {others.slice(0, Math.max(maxTakes - own.length, 0)).map(({ job: other, url }) => {
          const label = stage.recentPicture(String(other.options.generation?.prompt ?? ''));
          return (
            <button
              key={other.id}
              type="button"
              className={classes.take}
              aria-pressed="false"
              aria-label={label}
              title={label}
              onClick={() => openJob(other)}
            >
              <img src={url} alt="" loading="lazy" />
            </button>
          );
        })}
      </fieldset>
    </>
  );
}
