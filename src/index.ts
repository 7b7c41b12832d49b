export { type AnimateSettings, animate } from './app/animate.js';
export type { AnimationResult, RunEvent } from './app/events.js';
export { type RenderSettings, render } from './app/render.js';
export { type ErrorCode, StepsAnimationError } from './errors.js';
export { createEmbeddedHost, type EmbeddedHostSettings } from './hosts/embedded/host.js';
export type * from './hosts/host.js';
export { type HostChoice, openHost } from './hosts/open-host.js';
export { createWebuiHost, type WebuiHostSettings } from './hosts/webui/host.js';
export { type Infotext, parseInfotext } from './infotext/parse-infotext.js';
export { locateModels, type ModelsFolders } from './models/models-folders.js';
export { type PullEvent, type PulledModel, type PullSettings, pullModel } from './models/pull.js';
export { listModels, type ModelEntry } from './models/stored-models.js';
export { tryCodecs } from './movie/movie-file.js';
export { type MovieInfo as MovieFacts, probeMovie } from './movie/probe.js';
export type { AnimationOptions } from './options/animation-options.js';
export { animationOptionsSchema } from './options/animation-options.js';
export {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from './options/generation-options.js';
export type { AnimationOptionsInput, GenerationOptionsInput, Img2imgOptionsInput } from './options/option-types.js';
export type { Picture } from './pictures/picture.js';
export { readPicture } from './pictures/picture-files.js';
export type { Recording } from './recording/image.js';
export type { RecordedImage } from './recording/plan.js';
export { Recorder, type RecorderEvent, type RecorderSettings } from './recording/recorder.js';
