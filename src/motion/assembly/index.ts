// Motion estimation and motion-compensated frames, compiled by `npm run build` into a module of its own.
// Every function works on a range of rows and writes only to memory of these rows, so that threads can share the rows.

export { composeRows } from './compose';
export { measureMatch, motionShare, smoothMotion, trustMotion } from './confidence';
export { motionAt } from './field';
export { fillFilter } from './move';
export { halveRows, importRows } from './planes';
export { gatherCells, searchPatches } from './search';
