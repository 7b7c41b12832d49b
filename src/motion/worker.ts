import { parentPort, workerData } from 'node:worker_threads';
import { planMotionMemory } from './memory.js';
import type { PlanarLayout } from './planar-layout.js';
import { frameStages, type MotionKernels, pairStages, type Stage } from './stages.js';

/** The data that a worker is started with. */
export type WorkerSetup = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly layout: PlanarLayout;
  readonly threads: number;
  /** index of this thread */
  readonly thread: number;
};

/** A job that all workers do together: to estimate the motion of the pair, or to make a frame. */
export type MotionJob = { readonly type: 'pair' } | { readonly type: 'frame'; readonly weight: number };

/** Words of the shared memory, 0 at the start: the next task, the threads that have finished the stage, all stages done. */
const [nextTask, finishedThreads, stagesDone] = [0, 1, 2];

const { module, memory, layout, threads, thread } = workerData as WorkerSetup;
const plan = planMotionMemory(layout, threads);
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as MotionKernels;
const words = new Int32Array(memory.buffer, plan.control, 3);
const scratch = plan.scratch[thread] ?? 0;
const pair = pairStages(kernels, plan);

parentPort?.on('message', (job: MotionJob) => {
  const stages = job.type === 'pair' ? pair : frameStages(kernels, plan, job.weight);
  if (runStages(stages)) parentPort?.postMessage('done');
});

/** Does this thread's share of the stages; true for the one thread that finishes last. */
function runStages(stages: readonly Stage[]): boolean {
  let isLast = false;
  for (const stage of stages) {
    for (let task = takeTask(); task < stage.length; task = takeTask()) stage[task]?.(scratch);
    isLast = waitForOthers();
  }
  return isLast;
}

function takeTask(): number {
  return Atomics.add(words, nextTask, 1);
}

/** Waits until all threads have finished the stage; true for the last one, which wakes the others. */
function waitForOthers(): boolean {
  const stage = Atomics.load(words, stagesDone);
  if (Atomics.add(words, finishedThreads, 1) === threads - 1) {
    Atomics.store(words, finishedThreads, 0);
    Atomics.store(words, nextTask, 0);
    Atomics.add(words, stagesDone, 1);
    Atomics.notify(words, stagesDone);
    return true;
  }
  while (Atomics.load(words, stagesDone) === stage) Atomics.wait(words, stagesDone, stage);
  return false;
}
