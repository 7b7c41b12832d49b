import { Group, Loader, Stack } from '@mantine/core';
import { type CSSProperties, lazy, Suspense, useState } from 'react';
import type { JobShape } from '../api/types.js';
import { ChoiceStrip } from './choice-strip.js';
import { Movie } from './media.js';
import { RenderProgress } from './render-progress.js';
import { ResultActions } from './result-actions.js';
import { stageOf } from './stage.js';
import { StepScrubber } from './step-scrubber.js';

const Compare = lazy(() => import('./compare.js'));

export type JobImage = JobShape['images'][number];
export type JobMovie = JobShape['animations'][number];

type Props = { readonly job: JobShape; readonly image: JobImage; readonly renders: readonly JobShape[] };

/** What is shown large: the movie or the image, one step, or two steps over each other. */
type Shown =
  | { readonly kind: 'result' }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'compare'; readonly step: number | undefined };

/** One image of a job with its movies and steps. */
export function ImageResult({ job, image, renders }: Props) {
  const [shown, setShown] = useState<Shown>({ kind: 'result' });
  const [chosen, setChosen] = useState<string>();
  const again = renders.filter(({ options }) => (options.image ?? 0) === image.index);
  const movies = moviesOf(job, image, again);
  const movie = movies.find(({ id }) => id === chosen) ?? movies[0];
  const { steps } = image;
  const step = shown.kind === 'step' ? steps.find((each) => each.step === shown.step) : undefined;
  const showResult = () => setShown({ kind: 'result' });
  const showMovie = (id?: string) => {
    setChosen(id);
    showResult();
  };
  return (
    <Stack gap="sm">
      {shown.kind === 'compare' ? (
        <Suspense fallback={<Loader type="dots" mx="auto" />}>
          <Compare image={image} first={shown.step} onClose={showResult} />
        </Suspense>
      ) : step ? (
        <img src={step.url} alt={`Step ${step.step}`} style={large(image)} />
      ) : (
        <Result image={image} movie={movie} />
      )}
      {steps.length > 1 && shown.kind !== 'compare' && (
        <StepScrubber
          steps={steps}
          selected={step?.step}
          onSelect={(number) => (number === undefined ? showResult() : setShown({ kind: 'step', step: number }))}
          onCompare={() => setShown({ kind: 'compare', step: step?.step })}
        />
      )}
      <ChoiceStrip
        label="Movie"
        chosen={movie?.id}
        onChoose={showMovie}
        choices={movies.map(({ id, codec, duration, posterUrl, seed }) => ({
          ...{ id, url: posterUrl },
          caption: `${seed === null && job.images.length > 1 ? 'grid' : codec}, ${duration} s`,
        }))}
      />
      <RenderProgress renders={again} />
      <Group gap="xs">
        {/* The newest movie comes first, so that what is rendered again is shown when it is there. */}
        <ResultActions job={job} image={image} movie={movie} step={step} onRender={() => showMovie()} />
      </Group>
    </Stack>
  );
}

function large({ width, height }: JobImage): CSSProperties {
  return { ...stageOf(width, height), display: 'block', objectFit: 'contain', borderRadius: 8 };
}

function Result({ image, movie }: { readonly image: JobImage; readonly movie: JobMovie | undefined }) {
  const alt = image.infotext.split('\n')[0] || 'The finished image';
  if (movie) return <Movie {...movie} alt={`How it came about: ${alt}`} hasControls style={shapeOf(movie)} />;
  if (image.url !== null) return <img src={image.url} alt={alt} style={large(image)} />;
  const last = image.steps.at(-1);
  return last ? <img src={last.url} alt={`Step ${last.step}, the last that is kept`} style={large(image)} /> : null;
}

/** A grid has another shape than its images. */
function shapeOf({ width, height }: JobMovie): CSSProperties {
  return { ...stageOf(width, height), borderRadius: 8 };
}

/** The newest first: what was rendered again comes before what came of the run itself. */
function moviesOf(job: JobShape, { seed }: JobImage, renders: readonly JobShape[]): JobMovie[] {
  const own = job.animations.filter((movie) => movie.seed === seed || movie.seed === null || job.images.length === 1);
  return [...renders.flatMap(({ animations }) => animations), ...own];
}
