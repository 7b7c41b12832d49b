import { z } from 'zod';
import { codecNameSchema } from './codecs.js';
import { encoderSettingsSchema } from './encoder-settings.js';

/** What a person sees of an option; the command's flags, the API and the page are derived from it. */
type OptionText = { readonly label: string; readonly help: string; readonly unit?: string };

const option = <T extends z.ZodType>(schema: T, text: OptionText): T => schema.meta(text) as T;

const hold = z.number().min(0).max(10).multipleOf(0.1).default(0);

/** Every animation option, once. Names are camelCase here, kebab-case as flags, snake_case in the API. */
export const animationOptionsSchema = z.strictObject({
  codec: option(codecNameSchema.default('x264'), {
    label: 'Codec',
    help: 'how the movie is encoded',
  }),
  interpolation: option(z.enum(['none', 'blend', 'mci']).default('blend'), {
    label: 'Interpolation',
    help: 'how the frames between two steps are made: none repeats the step, blend fades to the next, mci follows its motion',
  }),
  duration: option(z.union([z.number().min(0.5).max(120).multipleOf(0.1), z.literal('auto')]).default(10), {
    label: 'Duration',
    help: 'length of the movie, holds not included; auto: 1 second for each 10 planned steps',
    unit: 'seconds',
  }),
  fps: option(z.int().min(1).max(120).default(30), {
    label: 'Frames per second',
    help: 'frame rate of the movie; GIF goes up to 50',
  }),
  skipSteps: option(z.int().min(0).max(100_000).default(0), {
    label: 'Skip steps',
    help: 'leave out the first steps',
    unit: 'steps',
  }),
  every: option(z.int().min(1).max(1000).default(1), {
    label: 'Every',
    help: 'take only every n-th step, and the last one always',
  }),
  stopAt: option(z.int().min(0).max(100_000).default(0), {
    label: 'Stop at',
    help: 'leave out the steps after this one, yet end on the finished image; 0 leaves out none',
  }),
  firstFrameDuration: option(hold, {
    label: 'First frame duration',
    help: 'show the finished image first, on top of the duration',
    unit: 'seconds',
  }),
  lastFrameDuration: option(hold, {
    label: 'Additional duration of the last frame',
    help: 'hold the finished image at the end, on top of the duration',
    unit: 'seconds',
  }),
  content: option(z.enum(['denoised', 'noisy']).default('denoised'), {
    label: 'Content',
    help: "what a step shows: denoised is the model's guess of the image, noisy what it works on",
  }),
  passes: option(z.enum(['all', 'base', 'hires']).default('all'), {
    label: 'Passes',
    help: 'of which passes the steps are taken',
  }),
  grid: option(z.boolean().default(false), {
    label: 'Grid',
    help: 'make one more movie of the whole run, its images side by side and labelled with what differs',
  }),
  loop: option(z.enum(['none', 'boomerang']).default('none'), {
    label: 'Loop',
    help: 'boomerang goes from the finished image back to the noise and forth again, without a seam',
  }),
  pacing: option(z.enum(['linear', 'even']).default('linear'), {
    label: 'Pacing',
    help: 'linear gives each step the same time, even gives it by how much the picture changes',
  }),
  runIncomplete: option(z.boolean().default(true), {
    label: 'Run on incomplete',
    help: 'make the movie of an interrupted run too, at its full duration',
  }),
  deleteIntermediate: option(z.boolean().default(true), {
    label: 'Delete intermediate',
    help: 'delete the intermediate images once the movie is closed and checked',
  }),
  createAnimation: option(z.boolean().default(true), {
    label: 'Create animation',
    help: 'make the movie; without it only the intermediate images are kept',
  }),
  intermediatePath: option(z.string().min(1).default('intermediate'), {
    label: 'Intermediate files path',
    help: 'folder of the intermediate images, below the finished images',
  }),
  animationPath: option(z.string().min(1).default('animation'), {
    label: 'Output animation path',
    help: 'folder of the movies, below the finished images',
  }),
  intermediateFormat: option(z.enum(['png', 'jpg', 'webp']).default('png'), {
    label: 'Intermediate format',
    help: 'kind of the intermediate images; only png keeps every pixel',
  }),
  intermediateQuality: option(z.int().min(1).max(100).default(90), {
    label: 'Intermediate quality',
    help: 'quality of jpg and webp intermediate images',
  }),
  encoderSettings: option(encoderSettingsSchema.default('tuned'), {
    label: 'Encoder settings',
    help: "tuned, original (those of the first Steps Animation script), or the encoder's own, such as crf=18,preset=slow",
  }),
  debug: option(z.boolean().default(false), {
    label: 'Debug info',
    help: 'tell every decision, timing and encoder setting',
  }),
});

/** The options after checking: all present. */
export type AnimationOptions = z.output<typeof animationOptionsSchema>;
/** The options as a caller gives them: all may be left out. */
export type AnimationOptionsInput = z.input<typeof animationOptionsSchema>;

/** Seconds of `auto`: 1 for each 10 planned steps, within the limits of the option. */
export function durationOf({ duration }: Pick<AnimationOptions, 'duration'>, plannedSteps: number): number {
  return duration === 'auto' ? Math.min(Math.max(plannedSteps / 10, 0.5), 120) : duration;
}
