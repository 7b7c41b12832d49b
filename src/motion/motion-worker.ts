import { parentPort, workerData } from 'node:worker_threads';
import { planMotionMemory } from './motion-memory.js';
import { frameStages, type MotionKernels, pairStages } from './motion-stages.js';
import type { PlanarLayout } from './planar-layout.js';
import { Crew } from './worker-pool.js';

/** What a worker is started with. */
export type CrewMember = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly layout: PlanarLayout;
  readonly threads: number;
  /** how many frames there is room for */
  readonly frames: number;
  /** which of the threads this is */
  readonly thread: number;
};

/** What all workers are told, in the same order: to estimate the motion, or to make a frame at an address. */
export type MotionJob =
  | { readonly type: 'pair' }
  | { readonly type: 'frame'; readonly weight: number; readonly out: number };

const { module, memory, layout, threads, frames, thread } = workerData as CrewMember;
const plan = planMotionMemory(layout, threads, frames);
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as MotionKernels;
const crew = new Crew(new Int32Array(memory.buffer, plan.control, 3), threads, plan.scratch[thread] ?? 0);
const pair = pairStages(kernels, plan);

parentPort?.on('message', (job: MotionJob) => {
  const stages = job.type === 'pair' ? pair : frameStages(kernels, plan, job.weight, job.out);
  if (crew.work(stages)) parentPort?.postMessage('done');
});
