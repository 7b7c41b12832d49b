export { type AnimateSettings, type AnimationResult, animate, type RunEvent } from './animate.js';
export { tryCodecs } from './animation/codec-trial.js';
export type { Recording } from './animation/image-recording.js';
export { type Infotext, parseInfotext } from './animation/metadata.js';
export type { AnimationOptions, AnimationOptionsInput } from './animation/options.js';
export { animationOptionsSchema } from './animation/options.js';
export type { Picture } from './animation/picture.js';
export { readPicture } from './animation/picture-files.js';
export { type MovieFacts, probeMovie } from './animation/probe.js';
export { Recorder, type RecorderEvent, type RecorderSettings } from './animation/recorder.js';
export type { RecordedImage } from './animation/recording-plan.js';
export { type ErrorCode, StepsAnimationError } from './errors.js';
export { createEmbeddedHost, type EmbeddedHostSettings } from './hosts/embedded.js';
export {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from './hosts/generation-options.js';
export type * from './hosts/host.js';
export { type HostChoice, openHost } from './hosts/open-host.js';
export { createWebuiHost, type WebuiHostSettings } from './hosts/webui/webui.js';
export { locateModels, type ModelsFolders } from './models/models-folders.js';
export { type PullEvent, type PulledModel, type PullSettings, pullModel } from './models/pull.js';
export { listModels, type ModelEntry } from './models/stored-models.js';
export { type RenderSettings, render } from './render.js';
