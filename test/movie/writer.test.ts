import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CodecContext, FormatContext, Packet } from 'node-av/lib';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { MovieWriter } from '#src/movie/writer.js';
import { codecs } from '#src/options/codecs.js';
import { decodeMovie, fromPlanes } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const [width, height] = [64, 48];
const frameBytes = (width * height * 3) / 2;
const codec = codecs.x264;
const lossless = { preset: 'medium', qp: '0' };
const format = { codec, encoderOptions: lossless, width, height, fps: 30, tags: {} };

afterEach(() => void vi.restoreAllMocks());

describe('movie writer', () => {
  it('encodes exactly the frames it is given, though their memory is used again at once', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'movie.mp4');
    const planes = new Uint8Array(frameBytes);
    const written = [];
    await using writer = await MovieWriter.open(path, format);
    for (let frame = 0; frame < 80; frame++) {
      planes.forEach((_, index) => {
        planes[index] = 16 + ((index * 7 + frame * 29) % 200);
      });
      written.push(fromPlanes(planes, width, height));
      await writer.write(planes);
    }
    await writer.close();
    expect(await decodeMovie(path)).toEqual(written);
  });

  it('says what the encoder refuses', async () => {
    const folder = await temporaryFolder();
    const encoderOptions = { preset: 'very-very-slow' };
    const opened = MovieWriter.open(join(folder, 'movie.mp4'), { ...format, encoderOptions });
    await expect(opened).rejects.toMatchObject({ code: 'encoder', message: expect.stringContaining('libx264') });
  });

  it('says where it could not write', async () => {
    const path = join('/proc', 'movie.mp4');
    const opened = MovieWriter.open(path, format);
    await expect(opened).rejects.toMatchObject({ code: 'output', message: expect.stringContaining(path) });
  });

  it('frees every packet when the disk is full in the middle of the movie', async () => {
    const writeFrame = vi.spyOn(FormatContext.prototype, 'interleavedWriteFrame');
    writeFrame.mockImplementation(async () => await setImmediate(noSpace));
    const allocated = vi.spyOn(Packet.prototype, 'alloc');
    const freed = vi.spyOn(Packet.prototype, 'free');
    await expect(writeFrames(200)).rejects.toMatchObject({ code: 'output' });
    expect(writeFrame).toHaveBeenCalled();
    expect(new Set(freed.mock.contexts).size).toBe(new Set(allocated.mock.contexts).size);
  });

  it('frees the file only when nothing is being written to it', async () => {
    const [begun, end] = [deferred(), deferred()];
    let writing = 0;
    const { interleavedWriteFrame, freeContext } = FormatContext.prototype;
    vi.spyOn(FormatContext.prototype, 'interleavedWriteFrame').mockImplementation(async function (
      this: FormatContext,
      packet,
    ) {
      writing++;
      begun.resolve();
      await end.promise;
      const status = await interleavedWriteFrame.call(this, packet);
      writing--;
      return status;
    });
    const writingWhenFreed: number[] = [];
    vi.spyOn(FormatContext.prototype, 'freeContext').mockImplementation(function (this: FormatContext) {
      writingWhenFreed.push(writing);
      freeContext.call(this);
    });
    const writer = await openLowLatency();
    await writer.write(new Uint8Array(frameBytes));
    await begun.promise;
    const disposed = writer[Symbol.asyncDispose]();
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(writingWhenFreed).toEqual([]);
    end.resolve();
    await disposed;
    expect(writingWhenFreed).toEqual([0]);
  });

  it.each([
    ['mp4', codecs.x264],
    ['mov', codecs.prores_ks],
  ])('plays every frame of an .%s file for the same time', async (extension, codec) => {
    const path = join(await temporaryFolder(), `movie.${extension}`);
    const bytes = codec === codecs.x264 ? frameBytes : width * height * 4;
    await using writer = await MovieWriter.open(path, { ...format, codec, encoderOptions: {}, fps: 7 });
    for (let frame = 0; frame < 14; frame++) await writer.write(new Uint8Array(bytes));
    await writer.close();
    expect(writer.frames).toBe(14);
    expect(await probeMovie(path)).toMatchObject({ frames: 14, fps: 7, duration: 2 });
  });
});

describe('an encoder that does not answer', () => {
  it('is given up', async () => {
    await using writer = await openLowLatency();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    vi.spyOn(CodecContext.prototype, 'sendFrame').mockReturnValue(new Promise(() => {}));
    await writer.write(new Uint8Array(frameBytes));
    const closed = expect(writer.close()).rejects.toMatchObject({
      code: 'encoder',
      message: expect.stringMatching(/libx264 has not answered for 5 minutes/),
    });
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    await closed;
  });
});

/** ENOSPC as FFmpeg returns it. */
const noSpace = -28;

/** Writes frames, each of which makes a packet immediately, and leaves the movie unfinished. */
async function writeFrames(frames: number): Promise<void> {
  await using writer = await openLowLatency();
  for (let frame = 0; frame < frames; frame++) await writer.write(new Uint8Array(frameBytes));
}

async function openLowLatency(): Promise<MovieWriter> {
  const encoderOptions = { preset: 'ultrafast', tune: 'zerolatency' };
  return await MovieWriter.open(join(await temporaryFolder(), 'movie.mp4'), { ...format, encoderOptions });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
