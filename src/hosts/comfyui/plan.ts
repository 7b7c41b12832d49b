import { StepsAnimationError } from '../../errors.js';
import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';
import type { CheckedRequest, Start } from '../check-request.js';
import { type OptionSupport, unsupportedNotes, unsupportedOptions } from '../option-support.js';
import { planImages } from '../plan-images.js';
import type { ImagePlan } from '../remote/generate-images.js';
import type { StartFiles } from '../remote/pictures.js';
import { builtInWorkflow } from './built-in-workflow.js';
import { type Catalogue, chooseCheckpoint, modelNameOf, samplerNameOf, schedulerNameOf } from './catalogue.js';
import { comfyui } from './connection.js';
import { type ComfyuiWorkflow, fillWorkflow, linkedTo, samplingNodes, upstream } from './workflow.js';

/** A checked request. Its images are made one by one: ComfyUI has previews of the first of a batch only. */
export type ComfyuiPlan = ImagePlan & {
  readonly start: Start | undefined;
  /** ComfyUI's name of the previews that it is asked for */
  readonly previewMethod: string;
  /** what is sent for one image */
  readonly workflowOf: (seed: number, start: StartFiles | undefined) => ComfyuiWorkflow;
};

type Planned = Omit<ComfyuiPlan, 'images' | 'start' | 'previewMethod'> & { readonly model: string };

/** What a workflow of the user takes, where it has a place for it. */
const ownWorkflowOptions: OptionSupport = { taken: comfyui.options.taken.filter((name) => name !== 'clipSkip') };
/** ComfyUI itself takes the second if it lacks the files of the first; its own `auto` is always the second. */
const previewMethods = {
  ...{ auto: 'taesd', full: 'taesd', tae: 'taesd' },
  cheap: 'latent2rgb',
} as const satisfies Record<GenerationOptions['preview'], string>;
/** Pixels, where no size is asked for: that of Stable Diffusion 1.5. */
export const defaultSide = 512;

/**
 * Checks a request against what a ComfyUI has.
 * @param own a workflow to put the request into; the built-in one if undefined
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRequest(
  { options, model, start }: CheckedRequest,
  catalogue: Catalogue,
  own: ComfyuiWorkflow | undefined,
): ComfyuiPlan {
  const planned = own
    ? planOwn({ options, model, start }, catalogue, own)
    : planBuiltIn(options, chooseCheckpoint(catalogue, model), catalogue, start);
  const { width = options.width, height = options.height } = planned.passes.at(-1) ?? {};
  const shown = { ...options, width, height, model: planned.model, variationStrength: 0 };
  return {
    ...planned,
    start,
    notes: options.preview === 'full' ? [...planned.notes, noFullPreviews] : planned.notes,
    previewMethod: previewMethods[options.preview],
    images: planImages(shown, planned.passes, { request: { start } }),
  };
}

function planBuiltIn(
  given: GenerationOptions,
  checkpoint: string,
  catalogue: Catalogue,
  start: Start | undefined,
): Planned {
  const unsupported = unsupportedOptions(given, comfyui.name, comfyui.options);
  const [width = 0, height = 0] = [given.width, given.height].map((side) => side || defaultSide);
  const options = { ...given, width, height };
  const sampler = samplerNameOf(catalogue, options.sampler);
  const scheduler = schedulerNameOf(catalogue, options.scheduler);
  const strength = start && { denoisingStrength: start.denoisingStrength };
  return {
    passes: [{ kind: 'base', width, height, steps: options.steps, exact: false }],
    notes: unsupportedNotes(unsupported, comfyui.name),
    model: modelNameOf(checkpoint),
    workflowOf: (seed, files) =>
      builtInWorkflow({
        ...{ options, checkpoint, sampler, scheduler, seed },
        start: strength && files && { ...strength, ...files },
      }),
  };
}

function planOwn({ options, model, start }: CheckedRequest, catalogue: Catalogue, own: ComfyuiWorkflow): Planned {
  if (start) {
    const message = 'A workflow of your own has its own starting picture: use txt2img, or leave --workflow out.';
    throw new StepsAnimationError('usage', message);
  }
  const samplers = samplingNodes(own);
  if (samplers.length === 0) {
    const message = 'The workflow has no node that samples, such as KSampler: choose another one.';
    throw new StepsAnimationError('usage', message);
  }
  const isDefault = (name: 'sampler' | 'scheduler') =>
    options[name] === generationOptionsSchema.shape[name].parse(undefined);
  const sampler = isDefault('sampler') ? options.sampler : samplerNameOf(catalogue, options.sampler);
  const scheduler = isDefault('scheduler') ? options.scheduler : schedulerNameOf(catalogue, options.scheduler);
  const fill = (seed: number) => fillWorkflow(own, { ...options, sampler, scheduler, seed });
  const { missing, workflow, batch } = fill(0);
  const unsupported = [...missing, ...unsupportedOptions(options, 'this workflow', ownWorkflowOptions)];
  return {
    passes: samplers.map((id, index) => ({
      kind: index === 0 ? 'base' : 'hires',
      steps: stepsOf(workflow, id) ?? options.steps,
      exact: false,
    })),
    notes: [
      ...unsupportedNotes(unsupported, 'this workflow'),
      ...ownModelNotes(own, model),
      ...(batch > 1 ? [singleImageNote(batch)] : []),
    ],
    model: modelOf(own),
    workflowOf: (seed) => fill(seed).workflow,
  };
}

function stepsOf(workflow: ComfyuiWorkflow, sampler: string): number | undefined {
  const ids = [sampler, ...upstream(workflow, linkedTo(workflow[sampler], 'sigmas'))];
  const steps = ids.map((id) => workflow[id]?.inputs.steps).find((value) => typeof value === 'number');
  return steps === undefined || steps < 1 ? undefined : Math.round(steps);
}

function modelOf(workflow: ComfyuiWorkflow): string {
  const inputs = Object.values(workflow).flatMap((node) => [node.inputs.ckpt_name, node.inputs.unet_name]);
  return modelNameOf(inputs.find((name) => typeof name === 'string') ?? '');
}

/** A workflow has the files of its model, and may have several. */
function ownModelNotes(workflow: ComfyuiWorkflow, wanted: string | undefined): readonly string[] {
  const own = modelOf(workflow);
  if (wanted === undefined || modelNameOf(wanted) === own) return [];
  return [`The workflow has a model of its own (${own || 'unnamed'}): the model ${wanted} has no effect.`];
}

function singleImageNote(batch: number): string {
  return `The workflow's batch of ${batch} becomes one image, as ComfyUI shows the steps of one only: --batch-size ${batch} makes as many.`;
}

const noFullPreviews =
  'ComfyUI has no full previews: the steps are shown by TAESD, or by rough colours where that is missing.';
