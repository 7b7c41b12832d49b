import { Group, Loader, Paper, Stack, Text, UnstyledButton } from '@mantine/core';
import { type CSSProperties, lazy, Suspense, useState } from 'react';
import { useRenders } from '../api/queries.js';
import type { JobImage, JobMovie, JobShape } from '../api/types.js';
import { fitStyle, Movie } from '../ui/media.js';
import { Outcome } from './outcome.js';
import { Notes, RenderProgress } from './progress.js';
import { ResultActions } from './result-actions.js';
import classes from './run.module.css';
import { StepScrubber } from './step-scrubber.js';

const Compare = lazy(() => import('./compare.js'));

/** The images of a job that has ended, one at a time, each with its movies and steps. */
export function ResultView({ job }: { readonly job: JobShape }) {
  const [chosen, setChosen] = useState<string>();
  const renders = useRenders(job);
  const { images, notes } = job;
  const image = images.find(({ index }) => String(index) === chosen) ?? images[0];
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <Outcome job={job} />
        <ChoiceStrip
          label="Image"
          chosen={String(image?.index)}
          onChoose={setChosen}
          choices={images.map(({ index, seed, url, steps }) => ({
            ...{ id: String(index), caption: `Seed ${seed}` },
            url: url ?? steps.at(-1)?.url ?? null,
          }))}
        />
        {image && <ImageResult key={`${job.id} ${image.index}`} job={job} image={image} renders={renders} />}
        <Notes notes={notes} />
      </Stack>
    </Paper>
  );
}

type ImageProps = { readonly job: JobShape; readonly image: JobImage; readonly renders: readonly JobShape[] };

/** What is shown in full size: the movie or the image, one step, or a comparison of two steps. */
type Shown =
  | { readonly kind: 'result' }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'compare'; readonly step: number | undefined };

/** One image of a job with its movies and steps. */
function ImageResult({ job, image, renders }: ImageProps) {
  const [shown, setShown] = useState<Shown>({ kind: 'result' });
  const [chosen, setChosen] = useState<string>();
  const imageRenders = renders.filter(({ options }) => (options.image ?? 0) === image.index);
  const movies = moviesOf(job, image, imageRenders);
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
      <RenderProgress renders={imageRenders} />
      <Group gap="xs">
        {/* The newest movie comes first, so a new one is shown as soon as it is rendered. */}
        <ResultActions job={job} image={image} movie={movie} step={step} onRender={() => showMovie()} />
      </Group>
    </Stack>
  );
}

function large({ width, height }: JobImage): CSSProperties {
  return { ...fitStyle(width, height), display: 'block', objectFit: 'contain', borderRadius: 8 };
}

function Result({ image, movie }: { readonly image: JobImage; readonly movie: JobMovie | undefined }) {
  const alt = image.infotext.split('\n')[0] || 'The finished image';
  if (movie) return <Movie {...movie} alt={`Movie: ${alt}`} hasControls style={shapeOf(movie)} />;
  if (image.url !== null) return <img src={image.url} alt={alt} style={large(image)} />;
  const last = image.steps.at(-1);
  return last ? <img src={last.url} alt={`Step ${last.step}, the last one kept`} style={large(image)} /> : null;
}

/** The movie of a grid has another aspect ratio than its images. */
function shapeOf({ width, height }: JobMovie): CSSProperties {
  return { ...fitStyle(width, height), borderRadius: 8 };
}

/** Newest first: those of render jobs come before those of the job itself. */
function moviesOf(job: JobShape, { seed }: JobImage, renders: readonly JobShape[]): JobMovie[] {
  const own = job.animations.filter((movie) => movie.seed === seed || movie.seed === null || job.images.length === 1);
  return [...renders.flatMap(({ animations }) => animations), ...own];
}

type Choice = { readonly id: string; readonly url: string | null; readonly caption: string };

type ChoiceProps = {
  /** accessible name of the group */
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
};

/** Thumbnails to choose from; nothing if there are fewer than two. */
function ChoiceStrip({ label, choices, chosen, onChoose }: ChoiceProps) {
  if (choices.length < 2) return null;
  return (
    <Group gap="xs" role="group" aria-label={label}>
      {choices.map(({ id, url, caption }) => (
        <UnstyledButton key={id} className={classes.choice} aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          {url !== null && <img src={url} alt="" width={72} height={72} loading="lazy" />}
          <Text size="xs" ta="center">
            {caption}
          </Text>
        </UnstyledButton>
      ))}
    </Group>
  );
}
