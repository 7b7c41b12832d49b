// AssemblyScript, compiled to WebAssembly SIMD by `npm run build`. Addresses are bytes in the imported memory.

export { bendOf, blendBent, blendBentWords, measureTurn, softenBend } from './bend';
export { absoluteDifference, blend, blendWords } from './blend';
export { ditherPlanes, fillPaletteLookup, planesToBgra, planesToRgb, rgbToPlanes } from './images';
export { rgbToSharpYuv420 } from './sharp';
export { rgbToYuv420, rgbToYuv422 } from './video';
