import { z } from 'zod';

/** What a person sees of an option; the command's flags, the API and the page are derived from it. */
type GenerationOptionText = { readonly label: string; readonly help: string; readonly unit?: string };

const option = <T extends z.ZodType>(schema: T, text: GenerationOptionText): T => schema.meta(text) as T;

const side = z
  .int()
  .min(0)
  .max(4096)
  .multipleOf(8, { error: (issue) => `must be a multiple of 8, not ${issue.input}` })
  .default(0);

/**
 * Every generation option, once. Names are camelCase here, kebab-case as flags, snake_case in the API.
 * Whether a model, sampler or scheduler of that name exists only the host knows.
 */
export const generationOptionsSchema = z.strictObject({
  prompt: option(z.string().default(''), {
    label: 'Prompt',
    help: 'what the image shall show',
  }),
  negativePrompt: option(z.string().default(''), {
    label: 'Negative prompt',
    help: 'what the image shall not show; has an effect only with a CFG scale above 1',
  }),
  model: option(z.string().min(1).default('emoji'), {
    label: 'Model',
    help: 'name of a model that the host has, or a folder with a model in the diffusers ONNX layout',
  }),
  sampler: option(z.string().min(1).default('Euler a'), {
    label: 'Sampling method',
    help: 'the method that goes from noise to image',
  }),
  scheduler: option(z.string().min(1).default('Automatic'), {
    label: 'Schedule type',
    help: 'how the noise levels are spaced over the steps',
  }),
  steps: option(z.int().min(1).max(1000).default(20), {
    label: 'Sampling steps',
    help: 'how many times the image is denoised',
  }),
  cfgScale: option(z.number().min(1).max(30).default(4), {
    label: 'CFG scale',
    help: 'how strongly the image follows the prompt; 1 switches guidance off and halves the time',
  }),
  seed: option(
    z
      .int()
      .min(-1)
      .max(2 ** 32 - 1)
      .default(-1),
    {
      label: 'Seed',
      help: 'the number that the noise is made from; the same seed gives the same image, -1 takes a random one',
    },
  ),
  width: option(side, {
    label: 'Width',
    help: "width of the image, a multiple of 8; 0 takes the model's own",
    unit: 'pixels',
  }),
  height: option(side, {
    label: 'Height',
    help: "height of the image, a multiple of 8; 0 takes the model's own",
    unit: 'pixels',
  }),
  batchCount: option(z.int().min(1).max(1000).default(1), {
    label: 'Batch count',
    help: 'how many batches are made, one after another',
  }),
  batchSize: option(z.int().min(1).max(64).default(1), {
    label: 'Batch size',
    help: 'how many images are made at once',
  }),
});

/** The options after checking: all present. */
export type GenerationOptions = z.output<typeof generationOptionsSchema>;
