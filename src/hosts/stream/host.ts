import type { Readable } from 'node:stream';
import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';
import { messageOf } from '../../util/error-message.js';
import type { FinishReason, GenerationEvent, Host, ImageInfo } from '../host.js';
import { parseLine, pictureProblem, type StreamMessage, type StreamPicture, streamLimits } from './messages.js';
import { ByteBudget, StreamReader } from './reader.js';

type StreamHostSettings = {
  /** in the protocol of docs/protocol.md */
  readonly stream: Readable;
  /** decodes the bytes of a PNG, JPEG or WebP file */
  readonly decode: (bytes: Uint8Array) => Promise<Picture>;
  /** called once, when the sender has to wait because pictures arrive faster than they are taken */
  readonly onWait?: () => void;
  /** called when the stream ends before its `end` */
  readonly onCut?: () => void;
};

type Message<Type extends StreamMessage['type']> = Extract<StreamMessage, { type: Type }>;

/** The last step of an image, with its picture in case that no finished image arrives. */
type ImageState = {
  readonly pass: number;
  readonly step: number;
  readonly picture: (() => Promise<Picture>) | undefined;
  /** of that picture, in memory */
  readonly bytes: number;
  readonly hasEnded: boolean;
};

const notBegun: ImageState = { pass: 0, step: 0, picture: undefined, bytes: 0, hasEnded: false };

/**
 * A host for any program that sends its steps through a stream. No more is read than is taken: beyond 32 MiB of pictures
 * the stream fills, and its sender waits. It takes no request; the stream is one run.
 */
export function createStreamHost(settings: StreamHostSettings): Host<undefined> {
  return {
    name: 'stream',
    describe: async () => ({ models: [], samplers: [], schedulers: [] }),
    generate: (_request, signal) => new StreamRun(settings).events(signal),
  };
}

/** Reads one run from a stream. It is strict about messages; those before a wrong one count. */
class StreamRun {
  readonly #settings: StreamHostSettings;
  readonly #reader: StreamReader;
  readonly #budget: ByteBudget;
  #start: Message<'start'> | undefined;
  #states: ImageState[] = [];
  #messages = 0;
  #wasCut = false;
  #failure: unknown;

  constructor(settings: StreamHostSettings) {
    this.#settings = settings;
    this.#reader = new StreamReader(settings.stream);
    this.#budget = new ByteBudget(settings.onWait);
  }

  /**
   * @throws StepsAnimationError `input` for a wrong message, after the events of those before it, and for a stream
   *   without a picture; `interrupted` if it was aborted before there was one
   */
  async *events(signal?: AbortSignal): AsyncGenerator<GenerationEvent, void, void> {
    const stop = () => this.#settings.stream.destroy();
    signal?.addEventListener('abort', stop);
    try {
      if (signal?.aborted) stop();
      yield* this.#messagesToEvents();
    } catch (error) {
      this.#failure = error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await this.#reader.close();
    }
    yield* this.#unfinishedImages();
    yield { type: 'end' };
    if (this.#failure !== undefined) throw this.#failure;
    this.#checkEnd(signal);
  }

  /** @throws StepsAnimationError when no picture has arrived */
  #checkEnd(signal: AbortSignal | undefined): void {
    const hasPicture = this.#states.some(({ picture, hasEnded }) => picture !== undefined || hasEnded);
    if (hasPicture && this.#wasCut && !signal?.aborted) this.#settings.onCut?.();
    if (hasPicture) return;
    if (signal?.aborted) throw new StepsAnimationError('interrupted', 'Stopped before the first step arrived.');
    const message = 'The stream ended before the first step; docs/protocol.md says what to send.';
    throw new StepsAnimationError('input', message);
  }

  async *#messagesToEvents(): AsyncGenerator<GenerationEvent, void, void> {
    for (;;) {
      const message = await this.#nextMessage();
      if (!message || message.type === 'end') return;
      if (message.type === 'start') {
        yield this.#begin(message);
        continue;
      }
      const state = this.#checkedState(message);
      await this.#budget.acquire(message.bytes);
      const bytes = await this.#read(() => this.#reader.bytes(message.bytes));
      if (!bytes) return;
      const problem = await pictureProblem(message.picture, bytes);
      if (problem !== undefined) throw this.#wrong(problem);
      const picture = this.#pictureOf(message.picture, bytes);
      if (message.type === 'noise') yield { type: 'noise', image: message.image, ...this.#pending(message, picture) };
      else if (message.type === 'step') yield this.#step(message, picture);
      else yield await this.#finish(message.image, state, picture, message.bytes, message.infotext, message.reason);
    }
  }

  async #nextMessage(): Promise<StreamMessage | undefined> {
    this.#messages++;
    const line = await this.#read(() => this.#reader.line(streamLimits.lineBytes));
    if (line === undefined) return undefined;
    const parsed = parseLine(line);
    if ('problem' in parsed) throw this.#wrong(parsed.problem);
    return parsed.message;
  }

  /** Reads; a stream that is destroyed or broken has ended, too. */
  async #read<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
    const result = await read().catch((error: unknown) => {
      if (error instanceof RangeError) throw this.#wrong(error.message);
      return undefined;
    });
    this.#wasCut = result === undefined;
    return result;
  }

  #begin(message: Message<'start'>): GenerationEvent {
    if (this.#start) throw this.#wrong('there can be only one start');
    this.#start = message;
    this.#states = message.images.map(() => notBegun);
    const images = message.images.map(({ position, ...image }, index): ImageInfo => {
      const before = message.images.slice(0, index).filter(({ batch }) => batch === image.batch).length;
      return { ...image, position: position ?? before };
    });
    return { type: 'start', images, passes: message.passes };
  }

  #checkedState(message: Message<'noise' | 'step' | 'image'>): ImageState {
    const { image } = message;
    if (!this.#start) throw this.#wrong('the first message must be a start');
    const state = this.#states[image];
    if (!state) throw this.#wrong(`there is no image ${image}: the start announced ${this.#states.length}`);
    if (state.hasEnded) throw this.#wrong(`image ${image} has ended already`);
    if (message.type === 'image') return state;
    if (message.type === 'noise') {
      if (state.step > 0) throw this.#wrong(`the noise of image ${image} must come before its first step`);
      return state;
    }
    const { pass, step } = message;
    if (pass >= this.#start.passes.length) throw this.#wrong(`there is no pass ${pass}`);
    if (pass < state.pass || (pass === state.pass && step <= state.step)) {
      throw this.#wrong(`step ${step} of pass ${pass} cannot follow step ${state.step} of pass ${state.pass}`);
    }
    const held = this.#states.reduce((sum, { bytes }) => sum + bytes, message.bytes - state.bytes);
    if (held > streamLimits.heldBytes) {
      throw this.#wrong(
        `the last steps of the images in progress are ${held} bytes, more than ${streamLimits.heldBytes}`,
      );
    }
    return state;
  }

  #pictureOf(picture: StreamPicture, bytes: Uint8Array): () => Promise<Picture> {
    const number = this.#messages;
    if (picture.format === 'rgb24') {
      const { width, height } = picture;
      return async () => ({ width, height, data: bytes });
    }
    return async () => {
      try {
        return await this.#settings.decode(bytes);
      } catch (error) {
        const reason = messageOf(error);
        throw new StepsAnimationError('input', `Message ${number}: its ${picture.format} cannot be read (${reason}).`);
      }
    };
  }

  #step({ image, pass, step, sigma, bytes }: Message<'step'>, decode: () => Promise<Picture>): GenerationEvent {
    this.#states[image] = { pass, step, picture: decode, bytes, hasEnded: false };
    return {
      type: 'step',
      image,
      pass,
      step,
      ...(sigma !== undefined && { sigma }),
      ...this.#pending({ bytes }, decode),
    };
  }

  /** Bytes that count until the picture is taken or released. */
  #pending({ bytes }: { readonly bytes: number }, decode: () => Promise<Picture>) {
    let isPending = true;
    const release = () => {
      if (isPending) this.#budget.release(bytes);
      isPending = false;
    };
    const picture = async () => {
      release();
      return await decode();
    };
    return { picture, release };
  }

  async #finish(
    image: number,
    state: ImageState,
    decode: () => Promise<Picture>,
    bytes: number,
    infotext = this.#start?.images[image]?.infotext ?? '',
    reason: FinishReason = 'interrupted',
  ): Promise<GenerationEvent> {
    this.#budget.release(bytes);
    const picture = await decode();
    this.#states[image] = { ...state, picture: undefined, bytes: 0, hasEnded: true };
    return { type: 'image', image, picture, infotext, reason };
  }

  /** Images that have begun and not ended end with the picture of their last step. */
  async *#unfinishedImages(): AsyncGenerator<GenerationEvent, void, void> {
    for (const [image, state] of this.#states.entries()) {
      if (!state.picture) continue;
      try {
        yield await this.#finish(image, state, state.picture, 0);
      } catch (error) {
        // Its last step cannot be decoded; the other images end all the same.
        this.#failure ??= error;
      }
    }
  }

  #wrong(reason: string): StepsAnimationError {
    return new StepsAnimationError('input', `Message ${this.#messages} of the stream is wrong: ${reason}.`);
  }
}
