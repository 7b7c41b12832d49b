import { optionsOfInfotext } from '../../infotext/infotext-options.js';
import type { AnimationOptions } from '../../options/animation-options.js';
import type { GenerationOptions } from '../../options/generation-options.js';
import { isSelected } from '../../recording/steps.js';
import { exists } from '../../util/exists.js';
import type { JobImage, Movie, StoredJob } from '../job.js';

/** What is left to do of a job that was running when the service was killed. */
export type Remainder = {
  /** how many of its first images are finished: whole batches */
  readonly finished: number;
  /** indices of finished images whose movies are missing: they are made of the kept steps */
  readonly withoutMovie: readonly number[];
  /** the options of the other images, with the seeds that they had; null if there are none */
  readonly generation: GenerationOptions | null;
};

/**
 * An image is finished when it is saved, and its movie is there or all of its steps are kept. A job whose images were not
 * announced yet is left as a whole.
 * @param movies that the job has made
 * @param lastStepOf number of the step that a finished image shows
 */
export async function remainderOf(
  { images, options: { generation, animation } }: StoredJob,
  movies: readonly Movie[],
  lastStepOf: (image: number) => number | undefined,
): Promise<Remainder> {
  if (!generation || images.length === 0) return { finished: 0, withoutMovie: [], generation };
  const lacksMovie = ({ path }: JobImage) =>
    animation?.createAnimation === true && !movies.some(({ image }) => image === path);
  let count = 0;
  for (const image of images) {
    if (image.path === null || !(await exists(image.path))) break;
    if (animation && lacksMovie(image) && !hasAllSteps(image, lastStepOf(image.index) ?? 0, animation)) break;
    count++;
  }
  const batches = Math.floor(count / generation.batchSize);
  const finished = batches * generation.batchSize;
  const [next] = images.slice(finished);
  const withoutMovie = images.slice(0, finished).filter(lacksMovie);
  const batchCount = generation.batchCount - batches;
  return {
    finished,
    withoutMovie: withoutMovie.map(({ index }) => index),
    generation: next ? { ...generation, ...seedsOf(next, generation), batchCount } : null,
  };
}

/** Whether the steps that a movie shows before the finished image are kept. */
function hasAllSteps({ steps }: JobImage, lastStep: number, animation: AnimationOptions): boolean {
  for (let step = 1; step < lastStep; step++) if (isSelected(step, animation) && !steps.includes(step)) return false;
  return steps.length > 0;
}

/** The seeds that an image had, also where they were picked at random. */
function seedsOf({ seed, infotext }: JobImage, { variationStrength }: GenerationOptions) {
  if (variationStrength === 0) return { seed };
  const { variationSeed } = optionsOfInfotext(infotext).generation;
  return { seed, ...(variationSeed !== undefined && { variationSeed }) };
}
