// Motion estimation and motion-compensated frames, compiled by `npm run build` into a module of its own.
// Every function works on a range of rows and keeps to the memory it is given, so that threads share the rows out.

export { composeRows } from './compose';
export { measureMatch, smoothMotion, trustMotion } from './confidence';
export { motionAt } from './field';
export { importRows } from './import';
export { fillFilter } from './move';
export { halveRows } from './pyramid';
export { gatherCells, searchPatches } from './search';
