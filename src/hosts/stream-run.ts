import { z } from 'zod';
import type { Picture } from '../animation/picture.js';
import { StepsAnimationError } from '../errors.js';
import type { FinishReason, GenerationEvent, ImageInfo } from './host.js';
import type { StreamHostSettings } from './stream.js';
import { type StreamMessage, type StreamPicture, streamLimits, streamMessageSchema } from './stream-messages.js';
import { StreamReader } from './stream-reader.js';
import { WaitingRoom } from './waiting-room.js';

type Message<Type extends StreamMessage['type']> = Extract<StreamMessage, { type: Type }>;

/** What has come of an image: the last step, with its picture in case that no finished image comes. */
type ImageState = {
  readonly pass: number;
  readonly step: number;
  readonly picture: (() => Promise<Picture>) | undefined;
  readonly hasEnded: boolean;
};

const notBegun: ImageState = { pass: 0, step: 0, picture: undefined, hasEnded: false };

/** Reads one run from a stream: strict about its messages, and true to what came before one that is wrong. */
export class StreamRun {
  readonly #settings: StreamHostSettings;
  readonly #reader: StreamReader;
  readonly #room: WaitingRoom;
  #start: Message<'start'> | undefined;
  #states: ImageState[] = [];
  #messages = 0;

  constructor(settings: StreamHostSettings) {
    this.#settings = settings;
    this.#reader = new StreamReader(settings.stream);
    this.#room = new WaitingRoom(settings.onWait);
  }

  /**
   * @throws StepsAnimationError `input` for a message that is wrong, after the events of what came before it, and for a
   *   stream in which nothing came
   */
  async *events(signal?: AbortSignal): AsyncGenerator<GenerationEvent, void, void> {
    const stop = () => this.#settings.stream.destroy();
    signal?.addEventListener('abort', stop);
    let failure: unknown;
    try {
      if (signal?.aborted) stop();
      yield* this.#messagesToEvents();
    } catch (error) {
      failure = error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await this.#reader.close();
    }
    yield* this.#unfinishedImages();
    yield { type: 'end' };
    if (failure) throw failure;
    if (!this.#start && !signal?.aborted) {
      throw new StepsAnimationError('input', 'Nothing came through the stream; docs/protocol.md tells what to send.');
    }
  }

  async *#messagesToEvents(): AsyncGenerator<GenerationEvent, void, void> {
    for (;;) {
      const message = await this.#nextMessage();
      if (!message) return this.#settings.onCut?.();
      if (message.type === 'end') return;
      if (message.type === 'start') {
        yield this.#begin(message);
        continue;
      }
      const state = this.#checkedState(message);
      await this.#room.enter(message.bytes);
      const bytes = await this.#read(() => this.#reader.bytes(message.bytes));
      if (!bytes) return this.#settings.onCut?.();
      const picture = this.#pictureOf(message.picture, bytes);
      yield message.type === 'step'
        ? this.#step(message, picture)
        : await this.#finish(message.image, state, picture, message.bytes, message.infotext, message.reason);
    }
  }

  async #nextMessage(): Promise<StreamMessage | undefined> {
    this.#messages++;
    const line = await this.#read(() => this.#reader.line(streamLimits.lineBytes));
    if (line === undefined) return undefined;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw this.#wrong(`a line of JSON was expected, not ${JSON.stringify(line.slice(0, 60))}`);
    }
    const { success, data, error } = streamMessageSchema.safeParse(json);
    if (!success) throw this.#wrong(z.prettifyError(error).replace(/\s*\n\s*/g, ' '));
    return data;
  }

  /** A stream that is destroyed or broken has ended, too. */
  async #read<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof RangeError) throw this.#wrong(error.message);
      return undefined;
    }
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

  #checkedState(message: Message<'step' | 'image'>): ImageState {
    const { image, picture, bytes } = message;
    if (!this.#start) throw this.#wrong('the first message must be a start');
    const state = this.#states[image];
    if (!state) throw this.#wrong(`there is no image ${image}: the start announced ${this.#states.length}`);
    if (state.hasEnded) throw this.#wrong(`image ${image} has ended already`);
    if (picture.format === 'rgb24' && bytes !== picture.width * picture.height * 3) {
      throw this.#wrong(`${picture.width}×${picture.height} pixels of rgb24 are not ${bytes} bytes`);
    }
    if (message.type === 'image') return state;
    const { pass, step } = message;
    if (pass >= this.#start.passes.length) throw this.#wrong(`there is no pass ${pass}`);
    if (pass < state.pass || (pass === state.pass && step <= state.step)) {
      throw this.#wrong(`step ${step} of pass ${pass} cannot follow step ${state.step} of pass ${state.pass}`);
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
        const reason = error instanceof Error ? error.message : String(error);
        throw new StepsAnimationError('input', `Message ${number}: its ${picture.format} cannot be read (${reason}).`);
      }
    };
  }

  #step({ image, pass, step, bytes }: Message<'step'>, decode: () => Promise<Picture>): GenerationEvent {
    this.#states[image] = { pass, step, picture: decode, hasEnded: false };
    let waits = true;
    const release = () => {
      if (waits) this.#room.leave(bytes);
      waits = false;
    };
    const picture = async () => {
      release();
      return await decode();
    };
    return { type: 'step', image, pass, step, picture, release };
  }

  async #finish(
    image: number,
    state: ImageState,
    decode: () => Promise<Picture>,
    bytes: number,
    infotext = this.#start?.images[image]?.infotext ?? '',
    reason: FinishReason = 'interrupted',
  ): Promise<GenerationEvent> {
    this.#room.leave(bytes);
    const picture = await decode();
    this.#states[image] = { ...state, picture: undefined, hasEnded: true };
    return { type: 'image', image, picture, infotext, reason };
  }

  /** Images that have begun and not ended end with the picture of their last step. */
  async *#unfinishedImages(): AsyncGenerator<GenerationEvent, void, void> {
    for (const [image, state] of this.#states.entries()) {
      if (state.picture) yield await this.#finish(image, state, state.picture, 0);
    }
  }

  #wrong(reason: string): StepsAnimationError {
    return new StepsAnimationError('input', `Message ${this.#messages} of the stream is wrong: ${reason}.`);
  }
}
