import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { retryAfterCrash } from '../movie/client.js';
import type { FileTarget, FinishedMovie, PictureOutcome } from '../movie/messages.js';
import { movieSize } from '../pictures/fit.js';
import type { Picture } from '../pictures/picture.js';
import { messageOf } from '../util/error-message.js';
import { IntermediateFiles } from './intermediate-files.js';
import {
  intermediateTarget,
  movieSettings,
  opensOnNoise,
  type RecordedImage,
  type RunContext,
  whyNotLive,
} from './plan.js';
import { countPictures, type RecordedStep, StepCounter } from './steps.js';
import { describeMovie, renderCommand } from './user-messages.js';

/** The result of recording an image, or the grid of a run. */
export type Recording = {
  /** null when none was wanted */
  readonly movie: FinishedMovie | null;
  /** paths of the intermediate files that were kept */
  readonly kept: readonly string[];
  /** number of pictures in the movie; the last one is the finished image */
  readonly steps: number;
  /** milliseconds from the arrival of the finished image until the movie had its final name */
  readonly finishMs: number;
};

/** Seconds of the cross-fade to a finished image that differs from the last step. */
const finishFade = 0.4;

type MadeMovie = { readonly movie: FinishedMovie; readonly pictures: number };

/** Records one image: sends its steps to the movie process, and completes or renders its movie. */
export class ImageRecording {
  readonly #index: number;
  readonly #image: RecordedImage;
  readonly #sideBySide: number;
  readonly #context: RunContext;
  readonly #counter: StepCounter;
  readonly files = new IntermediateFiles();
  /** steps that the movie process has not acknowledged */
  readonly #pending = new Set<Promise<void>>();
  /** the live movie: the number of pictures that it expects, of steps that it got, and the last of these */
  #live: { readonly pictures: number; added: number; last: number } | undefined;
  #failure: unknown;
  #begun = false;
  /** whether the host has given the noise, and it is shown */
  #hasNoise = false;

  /**
   * @param index of the image in its run, which also identifies its movie
   * @param sideBySide number of images in its batch, whose movies are made at the same time
   */
  constructor(index: number, image: RecordedImage, sideBySide: number, context: RunContext) {
    this.#index = index;
    this.#image = image;
    this.#sideBySide = sideBySide;
    this.#context = context;
    this.#counter = new StepCounter(context.plan.passes, context.animation);
  }

  /** Counts a step of a pass. @returns its number among all steps of the image; undefined when it is not selected */
  count(pass: number, step: number): number | undefined {
    return this.#counter.count(pass, step);
  }

  /** Announces the noise that the first pass starts from. @returns whether the movie opens on it */
  expectNoise(): boolean {
    if (this.#hasNoise) return false;
    const { animation, plan } = this.#context;
    const { createAnimation, content } = animation;
    // With noisy content, the first step shows the noise already.
    const isWanted = createAnimation && content === 'denoised' && opensOnNoise(animation);
    this.#hasNoise = isWanted && plan.passes.has(0) && this.#counter.last === 0;
    return this.#hasNoise;
  }

  /** The number of the last step so far, selected or not. */
  get lastStep(): number {
    return this.#counter.last;
  }

  /** Files of all steps but the last one, which the finished image replaces. */
  get filesBeforeLast(): string[] {
    return this.files.steps(this.#counter.last);
  }

  /** Before the first step: decides whether the movie is made live, and opens it then. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { debug, client, animation, plan, liveBudget } = this.#context;
    const { width = 0, height = 0, infotext } = this.#image;
    const reason = whyNotLive(this.#image, this.#context);
    if (reason !== undefined) return debug(reason);
    if (!liveBudget.reserve(this.#index, movieSize({ width, height }, animation)))
      return debug('after: enough other movies are being made live');
    const pictures = countPictures(plan.steps, animation) + Number(this.#hasNoise);
    const settings = this.#settings({
      ...{ width, height, infotext, sources: pictures, hasNoise: this.#hasNoise },
      ...{ lastStep: plan.steps, passChanges: plan.passChanges },
    });
    this.#live = { pictures, added: 0, last: 0 };
    try {
      const { typicalChange } = plan.development;
      await client.ask<'open'>({ type: 'open', movie: this.#index, target: this.#target, settings, typicalChange });
      debug(`live: ${pictures} pictures at ${settings.width}×${settings.height}`);
    } catch (error) {
      // The steps are kept; the error recurs and is reported when the movie is rendered afterwards.
      await this.#dropLive(messageOf(error));
    }
  }

  /**
   * Sends a step to the movie process.
   * @param number among all steps of the image
   * @returns when its file has been written and its frames made; a failure is thrown by `finish`
   */
  async step(number: number, step: RecordedStep, picture: Picture): Promise<void> {
    await this.#track(this.#send(number, picture, step));
  }

  /** Sends the noise, as `step` does. */
  async noise(picture: Picture): Promise<void> {
    await this.#track(this.#send(0, picture));
  }

  async #track(sending: Promise<void>): Promise<void> {
    const work = sending.catch((error: unknown) => this.fail(error)).finally(() => this.#pending.delete(work));
    this.#pending.add(work);
    await work;
  }

  /** @param place of a step in its pass; undefined for the noise, whose number is 0 */
  async #send(step: number, picture: Picture, place?: RecordedStep): Promise<void> {
    const { client, startedAt, plan } = this.#context;
    // The finished image replaces the planned last step in the movie.
    const isLast = step === plan.steps;
    const live = step < plan.steps ? this.#live : undefined;
    if (live) {
      live.added++;
      if (step < live.last) await this.#dropLive(`step ${step} came out of order`);
      live.last = step;
    }
    if (isLast) this.files.keepThumbnail(step, picture);
    const keep = intermediateTarget(this.#image, step, this.#context);
    const compose = live !== undefined && this.#live !== undefined;
    const development = place && plan.development.at(place);
    const request = { type: 'picture', movie: this.#index, picture, compose, development } as const;
    const outcome = await this.#retryAfterCrash((isRetry) =>
      client.ask<'picture'>({ ...request, keep: isRetry ? { ...keep, since: startedAt.getTime() } : keep }),
    );
    await this.#take(step, place?.pass ?? 0, outcome);
  }

  async #take(step: number, pass: number, { kept, keepError, composeError }: PictureOutcome): Promise<void> {
    if (kept !== null) {
      this.files.add(step, kept);
      this.#context.onFile(this.#index, { step, pass, path: kept });
    }
    if (keepError) this.fail(new StepsAnimationError(keepError.code, keepError.message));
    if (composeError) await this.#dropLive(composeError.message);
  }

  /** Remembers the first failure of a step, which `finish` throws. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /**
   * Completes the movie, which ends on `finished`.
   * @param isComplete whether the image was sampled to its end
   * @param arrivedAt when `finished` arrived, in milliseconds since 1970
   * @throws StepsAnimationError saying what failed and how to try again
   */
  async finish(finished: Picture, infotext: string, isComplete: boolean, arrivedAt: number): Promise<Recording> {
    const { animation, debug } = this.#context;
    try {
      await this.begin();
      if (!animation.createAnimation || (!isComplete && !animation.runIncomplete)) {
        await this.#dropLive('no movie is wanted');
        await this.#settle();
        const { paths } = this.files;
        return { movie: null, kept: paths, steps: paths.length, finishMs: 0 };
      }
      await Promise.all(this.#pending);
      const isRetouched = await this.files.isRetouchedBy(finished, this.#counter.last);
      if (isRetouched) await this.#dropLive('the finished image differs from the last step: it gets a cross-fade');
      const { movie, pictures } =
        (await this.#closeLive(finished)) ?? (await this.#render(finished, infotext, isRetouched));
      debug(describeMovie(movie));
      // A live movie does not need the files: where one could not be written, that matters only if they are kept.
      if (!animation.deleteIntermediate) this.#throwFailure();
      const kept = animation.deleteIntermediate ? [] : this.files.paths;
      const steps = pictures - Number(isRetouched);
      return { movie, kept, steps, finishMs: movie.publishedAt - arrivedAt };
    } catch (error) {
      await this.#dropLive('it failed');
      throw this.#withRemedy(error);
    }
  }

  /** Discards the live movie of an image that was not finished. */
  async discard(): Promise<void> {
    await this.#dropLive('its finished image did not come');
  }

  async #closeLive(finished: Picture): Promise<MadeMovie | undefined> {
    if (!this.#live) return undefined;
    const { pictures, added } = this.#live;
    const { client, plan } = this.#context;
    const { last } = this.#counter;
    if (added !== pictures - 1 || last > plan.steps) {
      const reason =
        last === plan.steps
          ? `${added} pictures came before the finished image instead of ${pictures - 1}`
          : `the last step was ${last} instead of ${plan.steps}`;
      await this.#dropLive(reason);
      return undefined;
    }
    if (finished.width !== this.#image.width || finished.height !== this.#image.height) {
      await this.#dropLive(`the finished image is ${finished.width}×${finished.height}`);
      return undefined;
    }
    try {
      const request = {
        type: 'picture',
        movie: this.#index,
        picture: finished,
        keep: null,
        compose: true,
        development: 1,
      } as const;
      const [, movie] = await Promise.all([
        client.ask<'picture'>(request),
        client.ask<'close'>({ type: 'close', movie: this.#index }),
      ]);
      this.#forgetLive();
      return { movie, pictures: pictures - Number(this.#hasNoise) };
    } catch (error) {
      await this.#dropLive(messageOf(error));
      return undefined;
    }
  }

  /** @param isRetouched whether the finished image follows the last step, in place of replacing it */
  async #render(finished: Picture, infotext: string, isRetouched: boolean): Promise<MadeMovie> {
    await this.#settle();
    const { noise } = this.files;
    const steps = isRetouched ? this.files.steps() : this.filesBeforeLast;
    const hasNoise = noise !== undefined && this.#counter.last > 0;
    const files = [...(hasNoise ? [noise] : []), ...steps].map((path) => ({ type: 'file', path }) as const);
    const sources = [...files, { type: 'picture', picture: finished } as const];
    const { width, height } = finished;
    const { last: lastStep, passChanges } = this.#counter;
    const settings = this.#settings({
      ...{ width, height, infotext, sources: sources.length, hasNoise, lastStep, passChanges },
      ...(isRetouched && { finishFade }),
    });
    const request = { type: 'render', movie: this.#index, target: this.#target, settings, sources } as const;
    const movie = await this.#retryAfterCrash(() => this.#context.client.ask<'render'>(request));
    return { movie, pictures: steps.length + 1 };
  }

  #settings(content: Omit<Parameters<typeof movieSettings>[0], 'sideBySide' | 'skipSteps'>) {
    const { skipSteps } = this.#context.animation;
    return movieSettings({ ...content, skipSteps, sideBySide: this.#sideBySide }, this.#context);
  }

  get #target(): FileTarget {
    return { folder: this.#context.animationFolder, stem: movieStem(this.#image) };
  }

  async #retryAfterCrash<T>(work: (isRetry: boolean) => Promise<T>): Promise<T> {
    return await retryAfterCrash(work, this.#context.debug);
  }

  async #dropLive(reason: string): Promise<void> {
    if (!this.#live) return;
    this.#forgetLive();
    this.#context.debug(`the live movie was dropped: ${reason}`);
    await this.#context.client.ask<'drop'>({ type: 'drop', movie: this.#index }).catch(() => {});
  }

  #forgetLive(): void {
    this.#live = undefined;
    this.#context.liveBudget.release(this.#index);
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#pending);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #withRemedy(error: unknown): StepsAnimationError {
    const { intermediateFolder, animationFolder, animation } = this.#context;
    const command = renderCommand(intermediateFolder, animationFolder, animation, String(this.#image.seed));
    const kept = `${this.files.paths.length} intermediate images are kept in ${intermediateFolder}`;
    const code = error instanceof StepsAnimationError ? error.code : 'encoder';
    return new StepsAnimationError(code, `${messageOf(error)} ${kept}; to try again: ${command}`, { cause: error });
  }
}
