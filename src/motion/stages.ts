import type { LevelPair, LevelPlan, MotionMemory } from './memory.js';
import { sampleBytes } from './planar-layout.js';

/**
 * The functions of `assembly/index.ts`. Levels, planes and memory are addresses, `second` is the index of the source (0 or
 * 1), and all work on the rows from `first` to `end`, not included.
 */
export type MotionKernels = {
  readonly fillFilter: (filter: number) => void;
  readonly importRows: (
    ...args: [
      plane: number,
      level: number,
      second: number,
      picture: number,
      bytes: number,
      lumaScale: number,
      first: number,
      end: number,
    ]
  ) => void;
  readonly halveRows: (finer: number, coarser: number, second: number, first: number, end: number) => void;
  readonly searchPatches: (
    ...args: [level: number, coarser: number, iterations: number, first: number, end: number, scratch: number]
  ) => void;
  readonly gatherCells: (level: number, first: number, end: number) => void;
  readonly measureMatch: (level: number, first: number, end: number) => void;
  readonly motionShare: (level: number) => number;
  readonly trustMotion: (level: number, opposite: number, first: number, end: number) => void;
  readonly smoothMotion: (level: number, first: number, end: number) => void;
  readonly motionAt: (
    ...args: [forward: number, backward: number, weight: number, field: number, first: number, end: number]
  ) => void;
  readonly composeRows: (
    ...args: [
      plane: number,
      level: number,
      field: number,
      weight: number,
      filter: number,
      out: number,
      bytes: number,
      max: number,
      line: number,
      first: number,
      end: number,
    ]
  ) => void;
};

/** A part of a stage; `scratch` is the working memory of the thread that does it. */
type Task = (scratch: number) => void;

/** Tasks that any thread may do, in any order. A stage begins when the one before is done. */
export type Stage = readonly Task[];

/** Rows of samples or of cells per task: enough tasks to balance the threads, and few enough to cost nothing. */
const rowsOfSamples = 16;
const rowsOfCells = 4;
/** Steps of the search at the finest level and at the others. Measured: more did not make better frames. */
const finestIterations = 1;
const coarserIterations = 4;

/** The stages that estimate the motion between the two pictures in memory. */
export function pairStages(kernels: MotionKernels, memory: MotionMemory): readonly Stage[] {
  const { levels } = memory;
  const [finest] = levels;
  const halving = levels.slice(1).map((level, index) => halveTasks(kernels, levels[index], level));
  // From the coarsest level to the finest: each search starts from the motions of the level before.
  const searching = levels
    .map((level, index) => [
      searchTasks(kernels, level, levels[index + 1], index === 0 ? finestIterations : coarserIterations),
      cellTasks(level, ({ address }, first, end) => kernels.gatherCells(address, first, end)),
    ])
    .reverse();
  const trusting = [
    cellTasks(finest, ({ address }, first, end) => kernels.measureMatch(address, first, end)),
    cellTasks(finest, (level, first, end, opposite) =>
      kernels.trustMotion(level.address, opposite.address, first, end),
    ),
    cellTasks(finest, ({ address }, first, end) => kernels.smoothMotion(address, first, end)),
  ];
  return [importTasks(kernels, memory), ...halving, ...searching.flat(), ...trusting];
}

function importTasks(kernels: MotionKernels, { layout, pictures, planes, levels }: MotionMemory): Task[] {
  const lumaScale = 2 ** (8 - layout.depth);
  const bytes = sampleBytes(layout);
  const [[luma]] = levels;
  return planes.flatMap(({ address, offset, height }, index) =>
    pictures.flatMap((picture, second) =>
      tasksOfRows(height, rowsOfSamples, (first, end) => {
        const level = index === 0 ? luma.address : 0;
        kernels.importRows(address, level, second, picture + offset, bytes, lumaScale, first, end);
      }),
    ),
  );
}

function halveTasks(kernels: MotionKernels, finer: LevelPair | undefined, [coarser]: LevelPair): Task[] {
  return [0, 1].flatMap((second) =>
    tasksOfRows(coarser.height, rowsOfSamples, (first, end) =>
      kernels.halveRows(finer?.[0].address ?? 0, coarser.address, second, first, end),
    ),
  );
}

function searchTasks(
  kernels: MotionKernels,
  level: LevelPair,
  coarser: LevelPair | undefined,
  iterations: number,
): Task[] {
  return level.flatMap(({ address, rows }, direction) =>
    tasksOfRows(rows + 1, rowsOfCells, (first, end, scratch) =>
      kernels.searchPatches(address, coarser?.[direction]?.address ?? 0, iterations, first, end, scratch),
    ),
  );
}

/** Tasks on the rows of cells of a level, in both directions. */
function cellTasks(
  [forwards, backwards]: LevelPair,
  work: (level: LevelPlan, first: number, end: number, opposite: LevelPlan) => void,
): Task[] {
  const tasksOf = (level: LevelPlan, opposite: LevelPlan) =>
    tasksOfRows(level.rows, rowsOfCells, (first, end) => work(level, first, end, opposite));
  return [...tasksOf(forwards, backwards), ...tasksOf(backwards, forwards)];
}

/** The stages that make the frame at `weight` (0 to 1) between the two pictures. */
export function frameStages(kernels: MotionKernels, memory: MotionMemory, weight: number): readonly Stage[] {
  const { layout, planes, levels, field, filter, frame } = memory;
  const [[forwards, backwards]] = levels;
  const max = 2 ** layout.depth - 1;
  const bytes = sampleBytes(layout);
  const moving = tasksOfRows(forwards.rows, rowsOfCells, (first, end) =>
    kernels.motionAt(forwards.address, backwards.address, weight, field, first, end),
  );
  const composing = planes.flatMap(({ address, height, offset }) =>
    tasksOfRows(height, rowsOfSamples, (first, end, line) => {
      const out = frame + offset;
      kernels.composeRows(address, forwards.address, field, weight, filter, out, bytes, max, line, first, end);
    }),
  );
  return [moving, composing];
}

function tasksOfRows(rows: number, each: number, work: (first: number, end: number, scratch: number) => void): Task[] {
  return Array.from({ length: Math.ceil(rows / each) }, (_, index) => {
    const first = index * each;
    return (scratch) => work(first, Math.min(first + each, rows), scratch);
  });
}
