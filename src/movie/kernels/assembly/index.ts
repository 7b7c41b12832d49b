// AssemblyScript, compiled to WebAssembly SIMD by `npm run build`. Addresses are bytes in the imported memory.

export { absoluteDifference, blend, blendWords } from './blend';
export { planesToBgra, planesToRgb, rgbToPlanes } from './packed';
export { ditherPlanes, fillPaletteLookup } from './palette';
export { rgbToYuv420, rgbToYuv422 } from './video';
