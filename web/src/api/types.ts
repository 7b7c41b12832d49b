// The shapes of the service's API, as it says itself.
export type { EventShape } from '../../../src/service/api/job-json.js';
export type {
  AboutShape,
  AnimationShape,
  FoundHostShape,
  HostKindShape,
  HostShape,
  InspectionShape,
  JobShape,
  NewJobShape,
  OptionShape,
} from '../../../src/service/api/shapes.js';
