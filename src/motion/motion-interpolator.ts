import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type MotionMemory, planMotionMemory, writeStructures } from './memory.js';
import { type PlanarLayout, pictureBytes } from './planar-layout.js';
import type { MotionKernels } from './stages.js';
import type { MotionJob, WorkerSetup } from './worker.js';

export type { PlanarLayout } from './planar-layout.js';

/** Bytes of a page of WebAssembly memory. */
const pageBytes = 65536;
/** With more threads, each would have too little to do. */
const maxThreads = 16;
/** Pixels of the shorter side. */
const minSide = 16;

type PendingJob = { readonly resolve: () => void; readonly reject: (reason: unknown) => void };

/**
 * Makes frames between two pictures that follow the motion from one to the other, and cross-fade where no motion can be
 * trusted. Works in threads of its own with one shared memory. They end when the interpolator is disposed of, and do not
 * keep the process alive while they have nothing to do.
 *
 * @example
 * await using interpolator = await MotionInterpolator.open({ width: 512, height: 512, chroma: '420', depth: 8 });
 * await interpolator.setPair(first, second);
 * await interpolator.frame(0.5, middle);
 */
export class MotionInterpolator implements AsyncDisposable {
  readonly #plan: MotionMemory;
  readonly #bytes: Uint8Array;
  readonly #kernels: MotionKernels;
  readonly #workers: readonly Worker[];
  /** Resolves when all that was requested has been done: pairs and frames are made in order. */
  #queue: Promise<void> = Promise.resolve();
  #pair: Promise<unknown> = Promise.resolve();
  /** the job that the workers are doing */
  #job: PendingJob | undefined;
  #failure: Error | undefined;

  private constructor(
    plan: MotionMemory,
    memory: WebAssembly.Memory,
    kernels: MotionKernels,
    workers: readonly Worker[],
  ) {
    this.#plan = plan;
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#workers = workers;
    for (const worker of workers) {
      worker.on('message', () => this.#jobDone());
      worker.on('error', (cause) => this.#fail(cause));
      worker.unref();
    }
  }

  /**
   * Starts an interpolator for pictures of one layout.
   * @param threads default: the number of cores, up to 16
   * @throws RangeError for pictures smaller than 16×16, or so large that they need more than WebAssembly's 4 GiB of memory
   */
  static async open(
    layout: PlanarLayout,
    threads = Math.min(availableParallelism(), maxThreads),
  ): Promise<MotionInterpolator> {
    const plan = planMotionMemory(layout, threads);
    checkSize(layout, plan);
    const module = new WebAssembly.Module(await readFile(new URL('./motion.wasm', import.meta.url)));
    const pages = Math.ceil(plan.bytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as MotionKernels;
    writeStructures(plan, new Int32Array(memory.buffer));
    kernels.fillFilter(plan.filter);
    const workers = Array.from({ length: threads }, (_, thread) => {
      const workerData: WorkerSetup = { module, memory, layout, threads, thread };
      // No flags of the program: with --input-type, no thread would start.
      return new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] });
    });
    return new MotionInterpolator(plan, memory, kernels, workers);
  }

  /**
   * Copies the two pictures of the frames to come, and estimates the motion between them.
   * @returns when the motion is known, which `frame` need not wait for: how far it explains the difference of the pictures,
   *   from 0 (they change in place, as steps of denoising do) to 1 (something moves)
   * @throws RangeError when a picture does not have the bytes of the layout; Error when the threads have failed
   */
  setPair(a: Uint8Array, b: Uint8Array): Promise<number> {
    const pair = this.#inOrder(async () => {
      for (const [index, picture] of [a, b].entries()) {
        this.#checkLength(picture);
        this.#bytes.set(picture, this.#plan.pictures[index]);
      }
      await this.#run({ type: 'pair' });
      const [[forwards, backwards]] = this.#plan.levels;
      return (this.#kernels.motionShare(forwards.address) + this.#kernels.motionShare(backwards.address)) / 2;
    });
    this.#pair = pair;
    return pair;
  }

  /**
   * Writes a frame between the pictures of the last `setPair`. Several frames can be requested at once; they are made in
   * order.
   * @param weight exactly the first picture at 0, exactly the second at 1
   * @param out as many bytes as a picture has
   * @throws RangeError when `out` does not have the bytes of the layout; Error when the threads have failed
   */
  frame(weight: number, out: Uint8Array): Promise<void> {
    const pair = this.#pair;
    return this.#inOrder(async () => {
      this.#checkLength(out);
      await pair;
      const [a, b] = this.#plan.pictures;
      if (weight <= 0) return this.#copy(a, out);
      if (weight >= 1) return this.#copy(b, out);
      await this.#run({ type: 'frame', weight });
      this.#copy(this.#plan.frame, out);
    });
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #copy(address: number, out: Uint8Array): void {
    out.set(this.#bytes.subarray(address, address + out.length));
  }

  #checkLength({ length }: Uint8Array): void {
    const expected = pictureBytes(this.#plan.layout);
    if (length === expected) return;
    throw new RangeError(`A picture of this layout has ${expected} bytes, but ${length} were given.`);
  }

  #run(job: MotionJob): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      for (const worker of this.#workers) {
        worker.ref();
        worker.postMessage(job);
      }
    });
  }

  #jobDone(): void {
    for (const worker of this.#workers) worker.unref();
    this.#job?.resolve();
  }

  #fail(cause: unknown): void {
    this.#failure ??= new Error('The interpolation by motion has failed: choose another one.', { cause });
    this.#job?.reject(this.#failure);
  }

  /** Ends the threads; frames that are not ready are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error('closed'));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function checkSize({ width, height }: PlanarLayout, { bytes }: MotionMemory): void {
  if (Math.min(width, height) < minSide) {
    throw new RangeError(`${width}×${height} is too small to find motion in: choose at least ${minSide}×${minSide}.`);
  }
  if (bytes > 2 ** 32) {
    throw new RangeError(`${width}×${height} is too large to find motion in: choose a smaller size.`);
  }
}
