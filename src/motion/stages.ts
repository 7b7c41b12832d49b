import type { LevelPlan, MotionMemory, PlanePlan } from './memory.js';
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
      highest: number,
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
  const { planes, levels } = memory;
  const importing = planes.map((plane, index) =>
    importTasks(kernels, memory, plane, index === 0 ? levels[0]?.[0] : undefined),
  );
  const halving = levels.slice(1).map(([coarser], index) => halveTasks(kernels, levels[index]?.[0], coarser));
  const searching = levels.map((level, index) => [
    searchTasks(kernels, level, levels[index + 1], index),
    gatherTasks(kernels, level),
  ]);
  const trusting = levels
    .slice(0, 1)
    .flatMap((level) => [matchTasks(kernels, level), trustTasks(kernels, level), smoothTasks(kernels, level)]);
  return [importing.flat(), ...halving, ...searching.reverse().flat(), ...trusting];
}

type Directions = MotionMemory['levels'][number];

function importTasks(kernels: MotionKernels, memory: MotionMemory, plane: PlanePlan, level?: LevelPlan): Task[] {
  const { layout, pictures } = memory;
  const lumaScale = 2 ** (8 - layout.depth);
  const { address, offset, height } = plane;
  return pictures.flatMap((picture, second) =>
    tasksOfRows(height, rowsOfSamples, (first, end) =>
      kernels.importRows(
        address,
        level?.address ?? 0,
        second,
        picture + offset,
        sampleBytes(layout),
        lumaScale,
        first,
        end,
      ),
    ),
  );
}

function halveTasks(kernels: MotionKernels, finer: LevelPlan | undefined, coarser: LevelPlan): Task[] {
  return [0, 1].flatMap((second) =>
    tasksOfRows(coarser.height, rowsOfSamples, (first, end) =>
      kernels.halveRows(finer?.address ?? 0, coarser.address, second, first, end),
    ),
  );
}

function searchTasks(
  kernels: MotionKernels,
  level: Directions,
  coarser: Directions | undefined,
  index: number,
): Task[] {
  const iterations = index === 0 ? finestIterations : coarserIterations;
  return level.flatMap(({ address, rows }, direction) =>
    tasksOfRows(rows + 1, rowsOfCells, (first, end, scratch) =>
      kernels.searchPatches(address, coarser?.[direction]?.address ?? 0, iterations, first, end, scratch),
    ),
  );
}

function gatherTasks(kernels: MotionKernels, level: Directions): Task[] {
  return level.flatMap(({ address, rows }) =>
    tasksOfRows(rows, rowsOfCells, (first, end) => kernels.gatherCells(address, first, end)),
  );
}

function matchTasks(kernels: MotionKernels, level: Directions): Task[] {
  return level.flatMap(({ address, rows }) =>
    tasksOfRows(rows, rowsOfCells, (first, end) => kernels.measureMatch(address, first, end)),
  );
}

function trustTasks(kernels: MotionKernels, [forward, backward]: Directions): Task[] {
  const oneWay = (level: LevelPlan, opposite: LevelPlan) =>
    tasksOfRows(level.rows, rowsOfCells, (first, end) =>
      kernels.trustMotion(level.address, opposite.address, first, end),
    );
  return [...oneWay(forward, backward), ...oneWay(backward, forward)];
}

function smoothTasks(kernels: MotionKernels, level: Directions): Task[] {
  return level.flatMap(({ address, rows }) =>
    tasksOfRows(rows, rowsOfCells, (first, end) => kernels.smoothMotion(address, first, end)),
  );
}

/** The stages that make the frame at `weight` (0 to 1) between the two pictures, at the address `out`. */
export function frameStages(
  kernels: MotionKernels,
  memory: MotionMemory,
  weight: number,
  out: number,
): readonly Stage[] {
  const { layout, planes, levels, field, filter } = memory;
  const [finest] = levels;
  if (finest === undefined) return [];
  const [forward, backward] = finest;
  const highest = 2 ** layout.depth - 1;
  const moving = tasksOfRows(forward.rows, rowsOfCells, (first, end) =>
    kernels.motionAt(forward.address, backward.address, weight, field, first, end),
  );
  const composing = planes.flatMap(({ address, height, offset }) =>
    tasksOfRows(height, rowsOfSamples, (first, end, line) => {
      const to = out + offset;
      kernels.composeRows(
        address,
        forward.address,
        field,
        weight,
        filter,
        to,
        sampleBytes(layout),
        highest,
        line,
        first,
        end,
      );
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
