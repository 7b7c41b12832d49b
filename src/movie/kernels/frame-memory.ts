import { readFileSync } from 'node:fs';

/** The functions of `assembly/index.ts`. Pictures and tables are addresses in the memory of the kernels. */
export type FrameKernels = {
  readonly blend: (a: number, b: number, out: number, length: number, weightOfB: number) => void;
  readonly blendWords: (a: number, b: number, out: number, length: number, weightOfB: number) => void;
  readonly measureTurn: (a: number, b: number, c: number, length: number, words: boolean, out: number) => void;
  readonly bendOf: (
    ...args: [
      ...sources: [a: number, b: number, c: number, d: number],
      out: number,
      length: number,
      words: boolean,
      ...weights: [ofA: number, ofB: number, ofC: number, ofD: number],
    ]
  ) => void;
  readonly softenBend: (bend: number, width: number, height: number, scratch: number) => void;
  readonly blendBent: BlendBent;
  readonly blendBentWords: BlendBent;
  readonly absoluteDifference: (a: number, b: number, length: number) => number;
  readonly rgbToPlanes: (rgb: number, out: number, width: number, height: number) => void;
  readonly planesToRgb: (planes: number, out: number, pixels: number) => void;
  readonly planesToBgra: (planes: number, out: number, pixels: number) => void;
  readonly fillPaletteLookup: (palette: number, lookup: number) => void;
  readonly ditherPlanes: (
    ...args: [
      planes: number,
      out: number,
      width: number,
      height: number,
      palette: number,
      lookup: number,
      errors: number,
    ]
  ) => void;
  readonly rgbToYuv420: (rgb: number, out: number, width: number, height: number) => void;
  readonly rgbToSharpYuv420: (rgb: number, out: number, width: number, height: number) => void;
  readonly rgbToYuv422: (rgb: number, out: number, width: number, height: number) => void;
};

type BlendBent = (
  ...args: [a: number, b: number, bend: number, out: number, length: number, weightOfB: number, bow: number]
) => void;

/** A part of the kernels' memory: `bytes` is a view of it, `address` is for the kernels. */
export type KernelBuffer = { readonly address: number; readonly bytes: Uint8Array };

/** Bytes that the kernels process at once. */
const simdBytes = 16;
const pageBytes = 65536;
/** Below are the static data of the module. */
const firstAddress = 1024;

let compiled: WebAssembly.Module | undefined;

/**
 * Loads the WebAssembly kernels with a memory that is divided into buffers of the given sizes in bytes. The memory never
 * grows, so that the views stay valid.
 */
export function allocateFrameMemory<const Sizes extends readonly number[]>(
  sizes: Sizes,
): { kernels: FrameKernels; buffers: { [Index in keyof Sizes]: KernelBuffer } } {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  const total = sizes.reduce((sum, size) => sum + padToSimd(size), firstAddress);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(total / pageBytes) });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  let address = firstAddress;
  const buffers = sizes.map((size) => {
    const buffer = { address, bytes: new Uint8Array(memory.buffer, address, size) };
    address += padToSimd(size);
    return buffer;
  });
  return {
    kernels: instance.exports as unknown as FrameKernels,
    buffers: buffers as { [Index in keyof Sizes]: KernelBuffer },
  };
}

/** Rounds a length in bytes up to what the kernels process at once; buffers have room for it. */
export function padToSimd(bytes: number): number {
  return Math.ceil(bytes / simdBytes) * simdBytes;
}
