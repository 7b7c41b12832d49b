import { unlink } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { codecs } from './codecs.js';
import { intermediateStem, movieStem } from './file-names.js';
import { movieTags, withIntermediateStep } from './metadata.js';
import { type MovieClient, MovieProcessEnded } from './movie-client.js';
import type { FileTarget, FinishedMovie, MovieRequest, PictureOutcome } from './movie-messages.js';
import type { MovieSettings } from './movie-settings.js';
import type { AnimationOptions } from './options.js';
import type { Picture } from './picture.js';

/** What is known of an image before its first step. */
export type RecordedImage = {
  /** which batch of the run and which place in it, both from 0 */
  readonly batch: number;
  readonly position: number;
  readonly seed: number;
  readonly prompt: string;
  readonly infotext: string;
  /** size when finished, in pixels, if known */
  readonly width?: number;
  readonly height?: number;
  /** steps, if their number is certain */
  readonly exactSteps?: number;
};

/** How the recording of an image ended. */
export type Recording = {
  /** null when none was wanted */
  readonly movie: FinishedMovie | null;
  /** paths of the intermediate files that were kept */
  readonly kept: readonly string[];
  /** pictures that the movie shows */
  readonly steps: number;
  /** milliseconds from the arrival of the finished image to the movie under its final name */
  readonly finishMs: number;
};

export type RecordingContext = {
  readonly client: MovieClient;
  readonly animation: AnimationOptions;
  readonly intermediateFolder: string;
  readonly animationFolder: string;
  readonly startedAt: Date;
  readonly debug: (message: string) => void;
};

type KeptFile = { readonly step: number; readonly path: string };

/** Records one image: its intermediate files and its movie. */
export class ImageRecording {
  readonly #movie: number;
  readonly #image: RecordedImage;
  readonly #context: RecordingContext;
  readonly #kept: KeptFile[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** steps that the live movie has taken; undefined when there is no live movie */
  #live: { readonly sources: number; taken: number } | undefined;
  #keepFailure: string | undefined;
  #begun = false;

  constructor(movie: number, image: RecordedImage, context: RecordingContext) {
    this.#movie = movie;
    this.#image = image;
    this.#context = context;
  }

  /** Before the first step: decides how the movie is made, and opens it if it can be made live. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { debug, client, animation } = this.#context;
    const { width, height, exactSteps } = this.#image;
    if (!animation.createAnimation) return debug('no movie is wanted: only intermediate images');
    if (!codecs[animation.codec].streams)
      return debug(`after: ${animation.codec} cannot be encoded while steps arrive`);
    if (exactSteps === undefined) return debug('after: the sampler does not know how many steps it will take');
    if (width === undefined || height === undefined) return debug('after: the size of the finished image is not known');
    const settings = this.#movieSettings(width, height, exactSteps, this.#image.infotext, exactSteps);
    await client.ask<'open'>({ type: 'open', movie: this.#movie, target: this.#movieTarget, settings });
    this.#live = { sources: exactSteps, taken: 0 };
    debug(`live: ${exactSteps} steps at ${width}×${height}`);
  }

  /** Hands a step's picture to the movie process; done when it has been kept and composed. */
  async step(step: number, picture: Picture): Promise<void> {
    const live = this.#live;
    // The finished image takes the place of the last step's picture.
    const compose = live !== undefined && step < live.sources;
    if (live && compose && ++live.taken !== step) await this.#dropLive(`step ${step} came out of order`);
    const work = this.#sendPicture({
      type: 'picture',
      movie: this.#movie,
      picture,
      compose: compose && this.#live !== undefined,
      keep: { folder: this.#context.intermediateFolder, ...this.#intermediateName(step) },
    }).then((outcome) => this.#note(step, outcome));
    this.#underWay.add(work);
    await work.finally(() => this.#underWay.delete(work));
  }

  /**
   * Makes the movie of what there is, ending on `picture`, and clears up.
   * @param arrivedAt when the finished image came, in milliseconds since 1970
   */
  async finish(picture: Picture, infotext: string, complete: boolean, arrivedAt: number): Promise<Recording> {
    const { animation } = this.#context;
    await this.begin();
    if (!animation.createAnimation || (!complete && !animation.runIncomplete)) {
      await this.#dropLive('no movie is wanted');
      return await this.#leaveFiles();
    }
    const movie = (await this.#closeLive(picture)) ?? (await this.#render(picture, infotext));
    await Promise.all(this.#underWay);
    const steps = Math.max(this.#kept.length, 1);
    if (animation.deleteIntermediate) await this.#deleteKept();
    return { movie, kept: this.#keptPaths(), steps, finishMs: movie.publishedAt - arrivedAt };
  }

  async #leaveFiles(): Promise<Recording> {
    await Promise.all(this.#underWay);
    this.#throwIfNotKept();
    return { movie: null, kept: this.#keptPaths(), steps: this.#kept.length, finishMs: 0 };
  }

  async #closeLive(picture: Picture): Promise<FinishedMovie | undefined> {
    const live = this.#live;
    if (!live) return undefined;
    const { client } = this.#context;
    if (live.taken !== live.sources - 1) {
      await this.#dropLive(`${live.taken + 1} steps came instead of ${live.sources}`);
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
      return movie;
    } catch (error) {
      await this.#dropLive(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #render(last: Picture, infotext: string): Promise<FinishedMovie> {
    await Promise.all(this.#underWay);
    this.#throwIfNotKept();
    const files = this.#keptPaths().slice(0, -1);
    const lastStep = this.#kept.at(-1)?.step ?? 1;
    const settings = this.#movieSettings(last.width, last.height, files.length + 1, infotext, lastStep);
    try {
      const request = { type: 'render', movie: this.#movie, target: this.#movieTarget, settings, files, last } as const;
      return await this.#twice(() => this.#context.client.ask<'render'>(request));
    } catch (error) {
      throw this.#withRemedy(error);
    }
  }

  async #sendPicture(request: Extract<MovieRequest, { type: 'picture' }>): Promise<PictureOutcome> {
    return await this.#twice(() => this.#context.client.ask<'picture'>(request));
  }

  /** A process that ended unexpectedly is replaced; what it was doing is asked for once more. */
  async #twice<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MovieProcessEnded)) throw error;
      this.#context.debug(error.message);
      return await work();
    }
  }

  #note(step: number, outcome: PictureOutcome): void {
    if (outcome.kept !== null) {
      this.#kept.push({ step, path: outcome.kept });
      this.#kept.sort((a, b) => a.step - b.step);
    }
    this.#keepFailure ??= outcome.keepError?.message;
    if (outcome.composeError) this.#context.debug(`the live movie failed: ${outcome.composeError.message}`);
  }

  async #dropLive(reason: string): Promise<void> {
    if (!this.#live) return;
    this.#live = undefined;
    this.#context.debug(`the live movie was dropped: ${reason}`);
    await this.#context.client.ask<'drop'>({ type: 'drop', movie: this.#movie }).catch(() => {});
  }

  async #deleteKept(): Promise<void> {
    for (const { path } of this.#kept.splice(0)) await unlink(path).catch(() => {});
  }

  #keptPaths(): string[] {
    return this.#kept.map(({ path }) => path);
  }

  #throwIfNotKept(): void {
    if (this.#keepFailure === undefined) return;
    throw this.#withRemedy(new StepsAnimationError('output', this.#keepFailure));
  }

  #withRemedy(error: unknown): StepsAnimationError {
    const reason = error instanceof Error ? error.message : String(error);
    const { intermediateFolder, animationFolder } = this.#context;
    const again = `steps-animation render "${intermediateFolder}" --outdir "${animationFolder}"`;
    const message = `${reason} The intermediate images are kept in ${intermediateFolder}; to try again: ${again}`;
    const code = error instanceof StepsAnimationError ? error.code : 'encoder';
    return new StepsAnimationError(code, message, { cause: error });
  }

  get #movieTarget(): FileTarget {
    return { folder: this.#context.animationFolder, stem: movieStem(this.#image) };
  }

  #intermediateName(step: number): { stem: string; infotext: string } {
    return {
      stem: intermediateStem({ ...this.#image, step }),
      infotext: withIntermediateStep(this.#image.infotext, step),
    };
  }

  #movieSettings(width: number, height: number, sources: number, infotext: string, lastStep: number): MovieSettings {
    const { codec, fps, duration, interpolation } = this.#context.animation;
    const tags = movieTags({ infotext, width, height, lastStep, interpolation, timestamp: this.#context.startedAt });
    return { codec, width, height, fps, duration, interpolation, sources, tags };
  }
}
