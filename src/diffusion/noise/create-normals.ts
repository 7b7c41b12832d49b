import { CpuNormals } from './cpu-normals.js';
import { GpuNormals } from './gpu-normals.js';
import type { GeneratorKind, Normals } from './normals.js';

/** @param seed 0 to 2^32 - 1 */
export function createNormals(kind: GeneratorKind, seed: number): Normals {
  return kind === 'cpu' ? new CpuNormals(seed) : new GpuNormals(seed);
}
