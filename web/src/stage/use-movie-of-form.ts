import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from '../api/client.js';
import { keys } from '../api/queries.js';
import type { JobImage, JobShape } from '../api/types.js';
import { useOptions } from '../form/form-options.js';
import { getForm, type Tab } from '../form/form-store.js';
import { moviesOf } from '../run/movies.js';
import { notifyError } from '../ui/notifications.js';

type Settings = {
  readonly tab: Tab;
  readonly job: JobShape;
  readonly image: JobImage | undefined;
  /** the jobs that made further movies of the image */
  readonly renders: readonly JobShape[];
  /** shows a movie that there is, or the newest one */
  readonly onShow: (id: string | undefined) => void;
};

/**
 * Shows the image's movie with the options that the form has: one that there is, or else another one is made of the kept
 * steps. @returns undefined where no steps are kept
 */
export function useMovieOfForm({ tab, job, image, renders, onShow }: Settings): (() => void) | undefined {
  const options = useOptions(tab, 'animation');
  const queries = useQueryClient();
  const [isWanted, setWanted] = useState(false);
  const render = useMutation({
    mutationFn: (of: JobImage) => {
      const animation = { ...getForm(tab).animation, createAnimation: true };
      return request<JobShape>('/jobs', {
        method: 'POST',
        body: { kind: 'render', of: job.id, image: of.index, animation },
      });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: keys.renders(job.id) });
      onShow(undefined);
    },
    onError: notifyError,
  });
  // The options of a look are known when the form has been drawn with it.
  useEffect(() => {
    if (!isWanted || !image) return;
    setWanted(false);
    const values = Object.values(options).filter(({ option }) => !option.needsSampling && option.name !== 'debug');
    const has = ({ options: { animation } }: JobShape) =>
      values.every(({ option, value }) => Object(animation)[option.name] === value);
    const maker = renders.find((each) => each.animations.length > 0 && has(each));
    const movie = maker?.animations[0] ?? (has(job) ? moviesOf(job, image, [])[0] : undefined);
    if (movie) onShow(movie.id);
    else render.mutate(image);
  }, [isWanted, image, options, renders, job, onShow, render.mutate]);
  return image && image.steps.length > 0 ? () => setWanted(true) : undefined;
}
