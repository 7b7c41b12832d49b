import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { retryAfterCrash } from '../movie/client.js';
import type { FileTarget, FinishedMovie, PictureOutcome } from '../movie/messages.js';
import type { Picture } from '../pictures/picture.js';
import { messageOf } from '../util/error-message.js';
import { describeMovie } from './debug-messages.js';
import { IntermediateFiles } from './intermediate-files.js';
import { LastStep } from './last-step.js';
import {
  intermediateTarget,
  movieSettings,
  type RecordedImage,
  type RecordingContext,
  whyAfter,
} from './recording-plan.js';
import { renderCommand } from './render-command.js';
import { countSources } from './step-selection.js';
import { StepCounter } from './steps.js';

/** How the recording of an image ended. */
export type Recording = {
  /** null when none was wanted */
  readonly movie: FinishedMovie | null;
  /** paths of the intermediate files that were kept */
  readonly kept: readonly string[];
  /** steps that the movie shows, the last of them by the finished image */
  readonly steps: number;
  /** milliseconds from the arrival of the finished image to the movie under its final name */
  readonly finishMs: number;
};

/** Seconds of the cross-fade to a finished image that shows something else than the last step. */
const finishFade = 0.4;

/** A movie and how many pictures it shows. */
type MadeMovie = { readonly movie: FinishedMovie; readonly sources: number };

/** Records one image: its intermediate files and its movie. */
export class ImageRecording {
  readonly #movie: number;
  readonly #image: RecordedImage;
  readonly #context: RecordingContext;
  readonly #counter: StepCounter;
  readonly files = new IntermediateFiles();
  readonly #underWay = new Set<Promise<void>>();
  /** the live movie: how many pictures it expects, how many steps it has taken, the number of the last of them */
  #live: { readonly sources: number; taken: number; last: number } | undefined;
  readonly #lastStep = new LastStep();
  #failure: unknown;
  #begun = false;

  constructor(movie: number, image: RecordedImage, context: RecordingContext) {
    this.#movie = movie;
    this.#image = image;
    this.#context = context;
    this.#counter = new StepCounter(context.passes, context.animation);
  }

  /** The number of a step among all steps of the image; undefined when the options leave it out. */
  take(pass: number, step: number): number | undefined {
    return this.#counter.take(pass, step);
  }

  /** The number of the last step so far, kept or not. */
  get lastStep(): number {
    return this.#counter.last;
  }

  /** Files of the steps but the last one, which shows the same as the finished image. */
  get stepsBeforeLast(): string[] {
    return this.files.before(this.#counter.last);
  }

  /** Before the first step: decides how the movie is made, and opens it if it can be made live. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { debug, client, animation, plannedSteps } = this.#context;
    const reason = whyAfter(this.#movie, this.#image, this.#context);
    if (reason !== undefined) return debug(reason);
    const { width = 0, height = 0 } = this.#image;
    const sources = countSources(plannedSteps, animation);
    const settings = movieSettings(this.#image, { ...this.#image, width, height, sources }, this.#context);
    this.#live = { sources, taken: 0, last: 0 };
    try {
      await client.ask<'open'>({ type: 'open', movie: this.#movie, target: this.#movieTarget, settings });
      debug(`live: ${sources} pictures at ${width}×${height}`);
    } catch (error) {
      // The steps are kept all the same; what is wrong comes again, and is told, when the movie is made afterwards.
      await this.#dropLive(messageOf(error));
    }
  }

  /** Hands a step's picture to the movie process; done when it has been kept and composed. */
  async step(step: number, pass: number, picture: Picture): Promise<void> {
    const work = this.#take(step, pass, picture);
    this.#underWay.add(work);
    await work.finally(() => this.#underWay.delete(work));
  }

  async #take(step: number, pass: number, picture: Picture): Promise<void> {
    const live = this.#live;
    // The finished image takes the place of the last step's picture.
    const compose = live !== undefined && step < this.#context.plannedSteps;
    if (live && compose) {
      live.taken++;
      if (step < live.last) await this.#dropLive(`step ${step} came out of order`);
      live.last = step;
    }
    if (step === this.#context.plannedSteps) this.#lastStep.take(step, picture);
    const { client, startedAt } = this.#context;
    const keep = intermediateTarget(this.#image, step, this.#context);
    const request = {
      type: 'picture',
      movie: this.#movie,
      picture,
      compose: compose && this.#live !== undefined,
    } as const;
    const outcome = await this.#twice((isAgain) =>
      client.ask<'picture'>({ ...request, keep: isAgain ? { ...keep, since: startedAt.getTime() } : keep }),
    );
    await this.#note(step, pass, outcome);
  }

  /** Remembers what went wrong with a step; it is told when the image is finished. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /**
   * Makes the movie of what there is, ending on `picture`.
   * @param arrivedAt when the finished image came, in milliseconds since 1970
   * @throws StepsAnimationError saying what failed and how to try again
   */
  async finish(picture: Picture, infotext: string, complete: boolean, arrivedAt: number): Promise<Recording> {
    const { animation } = this.#context;
    try {
      await this.begin();
      if (!animation.createAnimation || (!complete && !animation.runIncomplete)) {
        await this.#dropLive('no movie is wanted');
        await this.#settle();
        return { movie: null, kept: this.files.paths, steps: this.files.count, finishMs: 0 };
      }
      const isOther = await this.#isRetouched(picture);
      if (isOther)
        await this.#dropLive('the finished image is not what the last step showed: it comes by a cross-fade');
      // A live movie is there even if a step could not be kept; that is told only where it should have been.
      const { movie, sources } = (await this.#closeLive(picture)) ?? (await this.#render(picture, infotext, isOther));
      await Promise.all(this.#underWay);
      this.#context.debug(describeMovie(movie));
      if (!animation.deleteIntermediate) this.#throwFailure();
      const kept = animation.deleteIntermediate ? [] : this.files.paths;
      return { movie, kept, steps: isOther ? sources - 1 : sources, finishMs: movie.publishedAt - arrivedAt };
    } catch (error) {
      await this.#dropLive('it failed');
      throw this.#withRemedy(error);
    }
  }

  /** Lets go of the live movie of an image that did not come. */
  async giveUp(): Promise<void> {
    await this.#dropLive('its finished image did not come');
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  async #closeLive(picture: Picture): Promise<MadeMovie | undefined> {
    const live = this.#live;
    if (!live) return undefined;
    const { client, plannedSteps } = this.#context;
    if (live.taken !== live.sources - 1 || this.#counter.last > plannedSteps) {
      await this.#dropLive(`${this.#counter.last} steps came instead of ${plannedSteps}`);
      return undefined;
    }
    if (picture.width !== this.#image.width || picture.height !== this.#image.height) {
      await this.#dropLive(`the finished image is ${picture.width}×${picture.height}`);
      return undefined;
    }
    try {
      const last = client.ask<'picture'>({ type: 'picture', movie: this.#movie, picture, keep: null, compose: true });
      const closed = client.ask<'close'>({ type: 'close', movie: this.#movie });
      const [, movie] = await Promise.all([last, closed]);
      this.#endLive();
      return { movie, sources: live.sources };
    } catch (error) {
      await this.#dropLive(messageOf(error));
      return undefined;
    }
  }

  async #isRetouched(finished: Picture): Promise<boolean> {
    await Promise.all(this.#underWay);
    const { last } = this.#counter;
    return await this.#lastStep.isRetouchedBy(finished, last, this.files.pathOf(last));
  }

  /** @param isOther whether the finished image comes after the last step instead of in its place */
  async #render(last: Picture, infotext: string, isOther: boolean): Promise<MadeMovie> {
    await this.#settle();
    const { last: lastStep, changes: passChanges } = this.#counter;
    const files = (isOther ? this.files.paths : this.stepsBeforeLast).map((path) => ({ type: 'file', path }) as const);
    const sources = [...files, { type: 'picture', picture: last } as const];
    const { width, height } = last;
    const fade = isOther ? { finishFade } : {};
    const facts = { width, height, sources: sources.length, infotext, lastStep, passChanges, ...fade };
    const settings = movieSettings(this.#image, facts, this.#context);
    const request = { type: 'render', movie: this.#movie, target: this.#movieTarget, settings, sources } as const;
    const movie = await this.#twice(() => this.#context.client.ask<'render'>(request));
    return { movie, sources: sources.length };
  }

  async #twice<T>(work: (isAgain: boolean) => Promise<T>): Promise<T> {
    return await retryAfterCrash(work, this.#context.debug);
  }

  async #note(step: number, pass: number, { kept, keepError, composeError }: PictureOutcome): Promise<void> {
    if (kept !== null) {
      this.files.add(step, kept);
      this.#context.onKept(this.#movie, { step, pass, path: kept });
    }
    if (keepError) this.fail(new StepsAnimationError(keepError.code, keepError.message));
    if (composeError) await this.#dropLive(composeError.message);
  }

  async #dropLive(reason: string): Promise<void> {
    if (!this.#live) return;
    this.#endLive();
    this.#context.debug(`the live movie was dropped: ${reason}`);
    await this.#context.client.ask<'drop'>({ type: 'drop', movie: this.#movie }).catch(() => {});
  }

  #endLive(): void {
    this.#live = undefined;
    this.#context.liveMovies.remove(this.#movie);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #withRemedy(error: unknown): StepsAnimationError {
    const reason = messageOf(error);
    const { intermediateFolder, animationFolder, animation } = this.#context;
    const again = renderCommand(intermediateFolder, animationFolder, animation, String(this.#image.seed));
    const where = `${this.files.count} intermediate images are kept in ${intermediateFolder}`;
    const message = `${reason} ${where}; to try again: ${again}`;
    const code = error instanceof StepsAnimationError ? error.code : 'encoder';
    return new StepsAnimationError(code, message, { cause: error });
  }

  get #movieTarget(): FileTarget {
    return { folder: this.#context.animationFolder, stem: movieStem(this.#image) };
  }
}
