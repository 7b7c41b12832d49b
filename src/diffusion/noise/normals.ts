/** Whose noise a seed stands for: that of `torch.randn` on the CPU, or on an Nvidia GPU. */
export type GeneratorKind = 'cpu' | 'gpu';

/** A seeded row of normally distributed numbers. */
export type Normals = {
  /** The next `length` values with mean 0 and variance 1: what one call of `torch.randn` gives. */
  next(length: number): Float32Array;
};
