// AssemblyScript, compiled to WebAssembly SIMD by `npm run build`. Addresses are bytes in the imported memory.

export { absoluteDifference, blend, blendWords } from './blend';
export { copy, packPlanes, rgbToBgra, rgbToPlanes } from './packed';
export { ditherPlanes, fillPaletteLookup } from './palette';
export { rgbToYuv10, rgbToYuv420 } from './video';
