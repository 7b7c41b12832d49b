import { z } from 'zod';
import { codecNameSchema } from './codecs.js';

/** What a person sees of an option; the command's flags, the API and the page are derived from it. */
type OptionText = { readonly label: string; readonly help: string; readonly unit?: string };

const option = <T extends z.ZodType>(schema: T, text: OptionText): T => schema.meta(text) as T;

/** Every animation option, once. Names are camelCase here, kebab-case as flags, snake_case in the API. */
export const animationOptionsSchema = z.strictObject({
  codec: option(codecNameSchema.default('x264'), {
    label: 'Codec',
    help: 'how the movie is encoded',
  }),
  interpolation: option(z.enum(['none', 'blend']).default('blend'), {
    label: 'Interpolation',
    help: 'how the frames between two steps are made: none repeats the step, blend fades to the next',
  }),
  duration: option(z.number().min(0.5).max(120).multipleOf(0.1).default(10), {
    label: 'Duration',
    help: 'length of the movie',
    unit: 'seconds',
  }),
  fps: option(z.int().min(1).max(120).default(30), {
    label: 'Frames per second',
    help: 'frame rate of the movie',
  }),
  runIncomplete: option(z.boolean().default(true), {
    label: 'Run on incomplete data',
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
    label: 'Intermediate path',
    help: 'folder of the intermediate images, below the finished images',
  }),
  animationPath: option(z.string().min(1).default('animation'), {
    label: 'Animation path',
    help: 'folder of the movies, below the finished images',
  }),
  debug: option(z.boolean().default(false), {
    label: 'Debug',
    help: 'tell every decision, timing and encoder setting',
  }),
});

/** The options after checking: all present. */
export type AnimationOptions = z.output<typeof animationOptionsSchema>;
/** The options as a caller gives them: all may be left out. */
export type AnimationOptionsInput = z.input<typeof animationOptionsSchema>;
