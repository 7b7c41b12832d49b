import { readFileSync } from 'node:fs';

/** The functions of `assembly/index.ts`; addresses are those of kernel buffers. */
export type FrameKernels = {
  readonly blend: (a: number, b: number, out: number, length: number, weightOfB: number) => void;
  readonly blendWords: (a: number, b: number, out: number, length: number, weightOfB: number) => void;
  readonly absoluteDifference: (a: number, b: number, length: number) => number;
  readonly copy: (from: number, to: number, length: number) => void;
  readonly rgbToPlanes: (rgb: number, out: number, width: number, height: number) => void;
  readonly packPlanes: (planes: number, out: number, pixels: number, bytes: number) => void;
  readonly fillPaletteLookup: (palette: number, lookup: number) => void;
  readonly ditherPlanes: (
    planes: number,
    out: number,
    width: number,
    height: number,
    palette: number,
    lookup: number,
    errors: number,
  ) => void;
  readonly rgbToBgra: (rgb: number, out: number, width: number, height: number) => void;
  readonly rgbToYuv420: (rgb: number, out: number, width: number, height: number) => void;
  readonly rgbToYuv10: (rgb: number, out: number, width: number, height: number, chromaRows: number) => void;
};

/** A piece of the kernels' memory: `bytes` is a view of it, `address` is where the kernels find it. */
export type KernelBuffer = { readonly address: number; readonly bytes: Uint8Array };

/** Bytes that the kernels handle at once. */
const simdWidth = 16;
const pageBytes = 65536;
/** The module's own static data lie below. */
const firstAddress = 1024;

let compiled: WebAssembly.Module | undefined;

/**
 * The memory in which the WebAssembly kernels work, cut once into buffers of the given sizes in bytes.
 * It never grows, so that the views stay valid.
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

/** Rounds a length in bytes up to what the kernels handle at once; buffers have that much room. */
export function padToSimd(bytes: number): number {
  return Math.ceil(bytes / simdWidth) * simdWidth;
}
