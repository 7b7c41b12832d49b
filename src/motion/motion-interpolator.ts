import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { StepsAnimationError } from '../errors.js';
import { type MotionMemory, planMotionMemory, writeStructures } from './motion-memory.js';
import type { MotionKernels } from './motion-stages.js';
import type { CrewMember, MotionJob } from './motion-worker.js';
import { type PlanarLayout, pictureBytes } from './planar-layout.js';

const pageBytes = 65536;
/** More threads than this have too little to do each. */
const mostThreads = 16;
/** Frames that may be under way: one being made while another is taken out. */
const frameRoom = 2;

type Waiting = { readonly resolve: () => void; readonly reject: (reason: unknown) => void };

/**
 * Makes frames between two pictures that follow the motion from one to the other, and fade where there is none to be
 * trusted. Works in threads of its own, which share one memory; they end with the interpolator, and do not keep the
 * process alive while nothing is asked of them.
 */
export class MotionInterpolator implements AsyncDisposable {
  readonly #plan: MotionMemory;
  readonly #bytes: Uint8Array;
  readonly #workers: readonly Worker[];
  /** jobs sent to the workers, which answer in order */
  readonly #jobs: Waiting[] = [];
  readonly #freeFrames: number[];
  readonly #waitingForRoom: (() => void)[] = [];
  readonly #frames = new Set<Promise<void>>();
  #pair: Promise<void> = Promise.resolve();
  #failure: StepsAnimationError | undefined;

  private constructor(plan: MotionMemory, memory: WebAssembly.Memory, workers: readonly Worker[]) {
    this.#plan = plan;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#freeFrames = [...plan.frames];
    this.#workers = workers;
    for (const worker of workers) {
      worker.on('message', () => this.#jobDone());
      worker.on('error', (cause) => this.#fail(cause));
      worker.unref();
    }
  }

  /**
   * Starts `threads` threads (as many as there are cores, unless given) for pictures of one layout.
   * Throws `usage` for pictures smaller than 16×16, and for more memory than WebAssembly can have (4 GiB).
   */
  static async open(
    layout: PlanarLayout,
    threads = Math.min(availableParallelism(), mostThreads),
  ): Promise<MotionInterpolator> {
    const plan = planMotionMemory(layout, threads, frameRoom);
    checkSize(layout, plan);
    const module = new WebAssembly.Module(await readFile(new URL('./motion.wasm', import.meta.url)));
    const pages = Math.ceil(plan.bytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as MotionKernels;
    writeStructures(plan, new Int32Array(memory.buffer));
    kernels.fillFilter(plan.filter);
    const workers = Array.from({ length: threads }, (_, thread) => {
      const workerData: CrewMember = { module, memory, layout, threads, frames: frameRoom, thread };
      // Flags of the program are not for the threads: with --input-type, none would start.
      return new Worker(new URL('./motion-worker.js', import.meta.url), { workerData, execArgv: [] });
    });
    return new MotionInterpolator(plan, memory, workers);
  }

  /** Takes the pictures between which frames will be asked for, and estimates the motion from one to the other. */
  setPair(a: Uint8Array, b: Uint8Array): Promise<void> {
    const before = [this.#pair, ...this.#frames];
    this.#pair = this.#estimate(a, b, before);
    return this.#pair;
  }

  async #estimate(a: Uint8Array, b: Uint8Array, before: readonly Promise<void>[]): Promise<void> {
    await Promise.allSettled(before);
    [a, b].forEach((picture, index) => {
      this.#checkLength(picture);
      this.#bytes.set(picture, this.#plan.pictures[index]);
    });
    await this.#run({ type: 'pair' });
  }

  /**
   * Writes the frame at `weight` between the pictures of the last `setPair` to `out`: the first picture at 0, the
   * second at 1, exactly. Several frames may be asked for at once; they are made one after another.
   */
  frame(weight: number, out: Uint8Array): Promise<void> {
    const frame = this.#make(weight, out, this.#pair).finally(() => this.#frames.delete(frame));
    this.#frames.add(frame);
    return frame;
  }

  async #make(weight: number, out: Uint8Array, pair: Promise<void>): Promise<void> {
    this.#checkLength(out);
    await pair;
    const [a, b] = this.#plan.pictures;
    if (weight <= 0) return this.#copy(a, out);
    if (weight >= 1) return this.#copy(b, out);
    const address = await this.#takeRoom();
    try {
      await this.#run({ type: 'frame', weight, out: address });
      this.#copy(address, out);
    } finally {
      this.#freeFrames.push(address);
      this.#waitingForRoom.shift()?.();
    }
  }

  async #takeRoom(): Promise<number> {
    for (;;) {
      const address = this.#freeFrames.shift();
      if (address !== undefined) return address;
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
  }

  #copy(address: number, out: Uint8Array): void {
    out.set(this.#bytes.subarray(address, address + out.length));
  }

  #checkLength({ length }: Uint8Array): void {
    const expected = pictureBytes(this.#plan.layout);
    if (length === expected) return;
    throw new StepsAnimationError(
      'usage',
      `A picture has ${length} bytes, but its layout asks for ${expected}: give it whole.`,
    );
  }

  #run(job: MotionJob): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      if (this.#jobs.push({ resolve, reject }) === 1) for (const worker of this.#workers) worker.ref();
      for (const worker of this.#workers) worker.postMessage(job);
    });
  }

  #jobDone(): void {
    this.#jobs.shift()?.resolve();
    if (this.#jobs.length === 0) for (const worker of this.#workers) worker.unref();
  }

  #fail(cause: unknown): void {
    this.#failure ??= new StepsAnimationError(
      'encoder',
      'The interpolation of frames has stopped: choose another one.',
      { cause },
    );
    for (const { reject } of this.#jobs.splice(0)) reject(this.#failure);
  }

  /** Ends the threads; frames that were not ready are refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error('closed'));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function checkSize({ width, height }: PlanarLayout, { bytes }: MotionMemory): void {
  if (Math.min(width, height) < 16) {
    throw new StepsAnimationError('usage', `${width}×${height} is too small to find motion in: 16×16 is the least.`);
  }
  if (bytes > 2 ** 32) {
    throw new StepsAnimationError('usage', `${width}×${height} is too large to find motion in: choose a smaller size.`);
  }
}
