import { type PlanarLayout, type PlaneLayout, pictureBytes, planesOf } from './planar-layout.js';

// Sizes of the structures in `./assembly/structures.ts`.

/** Samples beyond the edges of the planes that are searched for motion, and of those that frames are made from. */
const lumaMargin = 16;
const planeMargin = 8;
const cellSide = 4;
const patchBytes = 32;
const cellBytes = 16;
const structureBytes = 48;
const filterBytes = 512;
const searchBytes = 1024;
/** Pixels: the shortest side of a pyramid level. */
const minLevelSide = 32;

/** A level of the pyramids, in one direction; everything but sizes is an address. */
export type LevelPlan = {
  readonly address: number;
  readonly width: number;
  readonly height: number;
  /** bytes from one row to the next */
  readonly stride: number;
  /** cells across and down */
  readonly columns: number;
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  readonly patches: number;
  readonly cells: number;
  readonly rough: number;
  readonly sums: number;
};

/** A level forwards (from the first source to the second) and backwards. */
export type LevelPair = readonly [LevelPlan, LevelPlan];

/** A plane of both sources, as 16-bit words with margins. */
type PlanePlan = PlaneLayout & {
  readonly address: number;
  readonly stride: number;
  /** addresses of the first samples of the two sources */
  readonly sources: readonly [number, number];
};

/** The addresses in the memory that the threads share. */
export type MotionMemory = {
  readonly layout: PlanarLayout;
  /** 32-bit words by which the threads synchronise */
  readonly control: number;
  readonly filter: number;
  /** working memory of each thread */
  readonly scratch: readonly number[];
  /** the pair in its original layout */
  readonly pictures: readonly [number, number];
  readonly planes: readonly PlanePlan[];
  /** finest first */
  readonly levels: readonly [LevelPair, ...LevelPair[]];
  /** motion of the current frame */
  readonly field: number;
  /** the finished frame */
  readonly frame: number;
  readonly bytes: number;
};

/** Plans the memory: the same arguments give the same addresses in every thread. */
export function planMotionMemory(layout: PlanarLayout, threads: number): MotionMemory {
  let end = 1024;
  const take = (bytes: number) => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64;
    return address;
  };
  const control = take(64);
  const filter = take(filterBytes);
  const columns = Math.ceil(layout.width / cellSide);
  const scratch = Array.from({ length: threads }, () => take(Math.max(searchBytes, (columns + 6) * cellBytes)));
  const picture = pictureBytes(layout);
  const pictures = [take(picture), take(picture)] as const;
  const planes = planesOf(layout).map((plane) => planPlane(plane, take));
  const levels = planLevels(layout.width, layout.height, take);
  const field = take(columns * Math.ceil(layout.height / cellSide) * cellBytes);
  const frame = take(picture);
  return { layout, control, filter, scratch, pictures, planes, levels, field, frame, bytes: end };
}

type Take = (bytes: number) => number;

function planPlane(plane: PlaneLayout, take: Take): PlanePlan {
  const stride = (plane.width + 2 * planeMargin + (plane.width % 2)) * 2;
  const first = () => take(stride * (plane.height + 2 * planeMargin)) + planeMargin * (stride + 2);
  return { ...plane, address: take(structureBytes), stride, sources: [first(), first()] };
}

function planLevels(width: number, height: number, take: Take): [LevelPair, ...LevelPair[]] {
  const stride = (Math.ceil(width / cellSide) * cellSide + 2 * lumaMargin) * 4;
  const columns = Math.ceil(width / cellSide);
  const rows = Math.ceil(height / cellSide);
  const first = () => take(stride * (height + 2 * lumaMargin)) + lumaMargin * (stride + 4);
  const [a, b] = [first(), first()];
  const direction = (from: number, to: number): LevelPlan => ({
    ...{ address: take(structureBytes), width, height, stride, columns, rows, from, to },
    patches: take((columns + 1) * (rows + 1) * patchBytes),
    cells: take(columns * rows * cellBytes),
    rough: take(columns * rows * cellBytes),
    sums: take(rows * 8),
  });
  const level = [direction(a, b), direction(b, a)] as const;
  const [nextWidth, nextHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const isLast = Math.min(nextWidth, nextHeight) < minLevelSide;
  return isLast ? [level] : [level, ...planLevels(nextWidth, nextHeight, take)];
}

/** Writes the structures that the kernels read. */
export function writeStructures(memory: MotionMemory, words: Int32Array): void {
  const write = (address: number, values: readonly number[]) => words.set(values, address >> 2);
  for (const level of memory.levels.flat()) {
    const { width, height, stride, columns, rows, from, to, patches, cells, rough, sums } = level;
    write(level.address, [width, height, stride, columns, rows, from, to, patches, cells, rough, sums]);
  }
  for (const { address, width, height, stride, sources, scaleX, scaleY } of memory.planes) {
    write(address, [width, height, stride, ...sources, scaleX, scaleY]);
  }
}
