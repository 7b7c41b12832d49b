import { z } from 'zod';

/** The parts of a web UI's answers that are read. */

const model = z.object({ title: z.string(), model_name: z.string() });
const named = z.object({ name: z.string(), aliases: z.array(z.string()).nullish() });

export const modelsAnswer = z.array(model);
export const samplersAnswer = z.array(named);
export const schedulersAnswer = z.array(named.extend({ label: z.string().nullish() }));
/** Names that begin with `forge_` are settings of Forge only. */
export const optionsAnswer = z.looseObject({ sd_model_checkpoint: z.string().nullish() });

/** `POST /internal/progress`, about one task. */
export const taskAnswer = z.object({
  active: z.boolean(),
  queued: z.boolean(),
  completed: z.boolean(),
  /** finished jobs plus the share of the current one, over the number of jobs */
  progress: z.number().nullish(),
  live_preview: z.string().nullish(),
  id_live_preview: z.number().nullish(),
  textinfo: z.string().nullish(),
});

/** `GET /sdapi/v1/progress`, about whatever is at work. */
export const stateAnswer = z.object({
  state: z.object({
    skipped: z.boolean().default(false),
    interrupted: z.boolean().default(false),
    /** empty when nothing is at work */
    job: z.string().default(''),
    job_timestamp: z.string().default('0'),
    job_count: z.number().default(0),
    job_no: z.number().default(0),
    /** the current step of its pass, from 0 */
    sampling_step: z.number().default(0),
    sampling_steps: z.number().default(0),
  }),
  current_image: z.string().nullish(),
});

export type WorkState = z.output<typeof stateAnswer>['state'];

/** `info`, a JSON text in the answer to txt2img and img2img. */
const info = z.object({
  infotexts: z.array(z.string()).default([]),
  job_timestamp: z.string().optional(),
  /** of the service of this package only */
  state: z.string().optional(),
});

const infoText = z.string().transform((text, context) => {
  try {
    return info.parse(JSON.parse(text));
  } catch {
    context.addIssue('is no JSON');
    return z.NEVER;
  }
});

export const imagesAnswer = z.object({ images: z.array(z.string()).nullable(), info: infoText });

export type ImagesAnswer = z.output<typeof imagesAnswer>;
