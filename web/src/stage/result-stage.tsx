import { useReducedMotion } from '@mantine/hooks';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { useRenders } from '../api/queries.js';
import type { JobImage, JobMovie, JobShape } from '../api/types.js';
import { tabOf } from '../form/fill-form.js';
import { LookBar } from '../looks/look-bar.js';
import { moviesOf } from '../run/movies.js';
import { playerOf } from '../ui/media.js';
import { CompareControls, ComparePicture, useCompare } from './compare.js';
import { filmOf } from './film.js';
import { Outcome } from './outcome.js';
import { Picture } from './picture.js';
import { usePlayer } from './player.js';
import { ResultActions } from './result-actions.js';
import { useStageKeys } from './stage-keys.js';
import { StageLayout } from './stage-layout.js';
import { useStepChanges } from './step-changes.js';
import { Takes } from './takes.js';
import { Transport } from './transport.js';
import { useMovieOfForm } from './use-movie-of-form.js';
import { Versions } from './versions.js';

type Props = {
  readonly job: JobShape;
  /** a later job that failed: the result before it stays on the stage */
  readonly failed: JobShape | undefined;
  /** opens all options of the movie */
  readonly onAdjust: () => void;
};

/** The images of a job that has ended, one at a time, each with its movies and steps. */
export function ResultStage({ job, failed, onAdjust }: Props) {
  const [chosenImage, setImage] = useState<number>();
  const [chosenMovie, setMovie] = useState<string>();
  const renders = useRenders(job);
  const image = job.images.find(({ index }) => index === chosenImage) ?? job.images[0];
  const imageRenders = renders.filter(({ options }) => (options.image ?? 0) === image?.index);
  const tab = tabOf(job);
  const showMovie = useMovieOfForm({ tab, job, image, renders: imageRenders, onShow: setMovie });
  const steps = useMemo(() => image?.steps ?? [], [image]);
  const looks = <LookBar tab={tab} steps={steps} isBusy={false} onChange={showMovie} onAdjust={onAdjust} />;
  if (!image) return <Nothing job={job} below={looks} />;
  const movies = moviesOf(job, image, imageRenders);
  const movie = movies.find(({ id }) => id === chosenMovie) ?? movies[0];
  const options = movie ? optionsOf(movie, job, imageRenders) : job.options.animation;
  return (
    <ImageStage
      key={`${job.id} ${image.index} ${movie?.id ?? ''}`}
      {...{ job, image, movie, movies, failed, options: options ?? {} }}
      takes={<Takes job={job} image={image.index} onImage={setImage} />}
      versions={<Versions {...{ job, movies, movie }} renders={imageRenders} onChoose={setMovie} />}
      below={looks}
      onRender={() => setMovie(undefined)}
    />
  );
}

/** The options that a movie was made with: its own, or those of the job that made it again. */
function optionsOf({ id }: JobMovie, job: JobShape, renders: readonly JobShape[]) {
  const maker = renders.find(({ animations }) => animations.some((movie) => movie.id === id)) ?? job;
  return maker.options.animation;
}

/** A job that ended without any image. */
function Nothing({ job, below }: { readonly job: JobShape; readonly below: ReactNode }) {
  return (
    <StageLayout
      width={1}
      height={1}
      takes={<Takes job={undefined} />}
      actions={null}
      message={<Outcome job={job} />}
      time={null}
      below={below}
    >
      {null}
    </StageLayout>
  );
}

type ImageProps = {
  readonly job: JobShape;
  readonly image: JobImage;
  readonly movie: JobMovie | undefined;
  readonly movies: readonly JobMovie[];
  readonly options: NonNullable<JobShape['options']['animation']>;
  readonly failed: JobShape | undefined;
  readonly takes: ReactNode;
  readonly versions: ReactNode;
  readonly below: ReactNode;
  /** called when another movie is queued */
  readonly onRender: () => void;
};

function ImageStage({ job, image, movie, options, failed, takes, versions, below, onRender }: ImageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const isReduced = useReducedMotion(false, { getInitialValueInEffect: false });
  const steps = useShownSteps(image);
  const changes = useStepChanges(steps, options.pacing !== undefined && options.pacing !== 'linear');
  const duration = movie?.duration ?? Math.max(steps.length / 10, 1);
  const film = useMemo(() => filmOf({ duration, steps, options, changes }), [duration, steps, options, changes]);
  const kind = movie ? playerOf(movie.codec) : undefined;
  const medium = kind === undefined ? 'steps' : kind === 'img' ? 'image' : 'video';
  const player = usePlayer({ medium, film, fps: movie?.fps ?? 30, startsPlaying: !isReduced });
  const step = player.showsStep || (medium === 'steps' && player.isPlaying) ? steps[player.index] : undefined;
  const compare = useCompare(image);
  useStageKeys({ player, frame, isActive: !compare.isOpen });
  const actions = (
    <ResultActions {...{ job, image, movie, step, onRender }} onCompare={() => compare.open(step?.step)} />
  );
  const size = movie && !step && !compare.isOpen ? movie : image;
  return (
    <StageLayout
      width={size.width}
      height={size.height}
      frame={frame}
      {...{ takes, versions, actions, below }}
      message={<Outcome job={failed ?? job} />}
      time={
        compare.isOpen ? (
          <CompareControls compare={compare} />
        ) : (
          steps.length > 0 && <Transport player={player} steps={steps} frame={frame} />
        )
      }
    >
      {compare.isOpen ? (
        <ComparePicture compare={compare} />
      ) : (
        <Picture image={image} movie={movie} step={step} player={player} />
      )}
    </StageLayout>
  );
}

/** The steps whose pictures are kept; without any, the finished image stands for the last one. */
function useShownSteps({ steps, url }: JobImage) {
  return useMemo(() => (steps.length > 0 || url === null ? steps : [{ step: 1, url }]), [steps, url]);
}
