import type { AnimationShape, InspectionShape, JobShape } from '../../../src/service/api/shapes.js';

// The shapes of the service's API, from its own schemas.
export type {
  AboutShape,
  AnimationShape,
  EventShape,
  FoundHostShape,
  HostKindShape,
  HostShape,
  InspectionShape,
  JobShape,
  LookShape,
  NewJobShape,
  OptionShape,
} from '../../../src/service/api/shapes.js';
export type AnimationDetailsShape = AnimationShape & Pick<InspectionShape, 'generation' | 'img2img'>;
export type JobImage = JobShape['images'][number];
export type JobMovie = JobShape['animations'][number];
