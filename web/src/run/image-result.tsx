import { Group, Select, Stack } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { Movie } from './media.js';
import { ResultActions } from './result-actions.js';
import { StepScrubber } from './step-scrubber.js';

const Compare = lazy(() => import('./compare.js'));

export type JobImage = JobShape['images'][number];
export type JobMovie = JobShape['animations'][number];

type Props = { readonly job: JobShape; readonly image: JobImage; readonly renders: readonly JobShape[] };

/** What is shown large: the movie or the image, one step, or two steps over each other. */
type Shown =
  | { readonly kind: 'result' }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'compare' };

/** One image of a job with its movies and steps. */
export function ImageResult({ job, image, renders }: Props) {
  const [shown, setShown] = useState<Shown>({ kind: 'result' });
  const [chosen, setChosen] = useState<string | null>(null);
  const movies = moviesOf(job, image, renders);
  const movie = movies.find(({ id }) => id === chosen) ?? movies[0];
  const { steps } = image;
  const step = shown.kind === 'step' ? steps.find((each) => each.step === shown.step) : undefined;
  return (
    <Stack gap="sm">
      {shown.kind === 'compare' ? (
        <Suspense>
          <Compare image={image} onClose={() => setShown({ kind: 'result' })} />
        </Suspense>
      ) : step ? (
        <img src={step.url} alt={`Step ${step.step}`} style={large} />
      ) : (
        <Result image={image} movie={movie} />
      )}
      {movies.length > 1 && (
        <Select
          label="Movie"
          size="xs"
          value={movie?.id ?? null}
          onChange={setChosen}
          allowDeselect={false}
          data={movies.map(({ id, codec, duration, frames }) => ({
            value: id,
            label: `${codec}, ${duration} s, ${frames} frames`,
          }))}
        />
      )}
      {steps.length > 1 && shown.kind !== 'compare' && (
        <StepScrubber
          steps={steps}
          selected={step?.step}
          onSelect={(number) => setShown(number === undefined ? { kind: 'result' } : { kind: 'step', step: number })}
          onCompare={() => setShown({ kind: 'compare' })}
        />
      )}
      <Group gap="xs">
        <ResultActions job={job} image={image} movie={movie} step={step} renders={renders} />
      </Group>
    </Stack>
  );
}

const large = {
  display: 'block',
  width: '100%',
  objectFit: 'contain',
  imageRendering: 'auto',
  borderRadius: 8,
} as const;

function Result({ image, movie }: { readonly image: JobImage; readonly movie: JobMovie | undefined }) {
  const alt = image.infotext.split('\n')[0] || 'The finished image';
  if (movie) return <Movie {...movie} alt={`How it came about: ${alt}`} style={{ borderRadius: 8 }} />;
  return image.url === null ? null : <img src={image.url} alt={alt} style={large} />;
}

/** The newest first: what was rendered again comes before what came of the run itself. */
function moviesOf(job: JobShape, { index, seed }: JobImage, renders: readonly JobShape[]): JobMovie[] {
  const again = renders.filter(({ options }) => (options.image ?? 0) === index).flatMap(({ animations }) => animations);
  const own = job.animations.filter((movie) => movie.seed === seed || movie.seed === null || job.images.length === 1);
  return [...again, ...own];
}
