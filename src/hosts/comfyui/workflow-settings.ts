import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';
import { type ComfyuiWorkflow, linkedTo, samplingNodes, upstream, type WorkflowNode } from './workflow.js';

/** What a workflow is told, where it has a place for it. */
export type Wishes = Pick<
  GenerationOptions,
  'prompt' | 'negativePrompt' | 'steps' | 'cfgScale' | 'width' | 'height'
> & {
  readonly seed: number;
  /** by ComfyUI's names */
  readonly sampler: string;
  readonly scheduler: string;
};

export type SetWorkflow = {
  readonly workflow: ComfyuiWorkflow;
  /** what the workflow had no place for */
  readonly missing: readonly string[];
  /** how many images it made at once; now it makes one, if its latents are empty ones */
  readonly batch: number;
};

type Change = { readonly id: string; readonly input: string; readonly value: unknown };

const textInputs = ['text', 'text_g', 'text_l', 'clip_l', 't5xxl', 'prompt'];

/**
 * Puts a prompt, a seed and the like into a workflow of a person's own. Prompts and the seed are always put in, an empty
 * prompt aside; other options only where they differ from our defaults: a workflow has its own.
 */
export function setWishes(workflow: ComfyuiWorkflow, wishes: Wishes): SetWorkflow {
  const samplers = samplingNodes(workflow);
  const changes: Change[] = [];
  const missing: string[] = [];
  const put = (label: string, value: unknown, places: readonly Omit<Change, 'value'>[]) => {
    if (places.length === 0) missing.push(label);
    changes.push(...places.map((place) => ({ ...place, value })));
  };
  const values = (inputs: readonly string[]) =>
    samplers.flatMap((sampler) => placesOf(workflow, near(workflow, sampler, samplers), inputs));
  const texts = (links: readonly string[]) =>
    samplers.flatMap((sampler) => placesOf(workflow, conditioning(workflow, sampler, links, samplers), textInputs));

  if (wishes.prompt) put('prompt', wishes.prompt, unique(texts(['positive', 'conditioning'])));
  if (wishes.negativePrompt) put('negative prompt', wishes.negativePrompt, unique(texts(['negative'])));
  put('seed', wishes.seed, unique(values(['seed', 'noise_seed'])));
  if (isChosen('steps', wishes.steps)) put('steps', wishes.steps, unique(values(['steps'])));
  if (isChosen('cfgScale', wishes.cfgScale)) put('CFG scale', wishes.cfgScale, unique(values(['cfg'])));
  if (isChosen('sampler', wishes.sampler)) put('sampler', wishes.sampler, unique(values(['sampler_name'])));
  if (isChosen('scheduler', wishes.scheduler)) put('scheduler', wishes.scheduler, unique(values(['scheduler'])));
  for (const side of ['width', 'height'] as const) {
    if (wishes[side] > 0) put(side, wishes[side], unique(emptyLatents(workflow, samplers, side)));
  }
  const batches = emptyLatents(workflow, samplers, 'batch_size');
  changes.push(...batches.map((place) => ({ ...place, value: 1 })));
  const sizes = batches.map(({ id, input }) => Number(workflow[id]?.inputs[input]));
  return { workflow: changed(workflow, changes), missing, batch: Math.max(1, ...sizes) };
}

function isChosen(name: 'steps' | 'cfgScale' | 'sampler' | 'scheduler', value: unknown): boolean {
  return value !== generationOptionsSchema.shape[name].parse(undefined);
}

/** The sampler with what only it is told by: not what other samplers, prompts, pictures and models are told. */
function near(workflow: ComfyuiWorkflow, sampler: string, samplers: readonly string[]): readonly string[] {
  const inputs = ['noise', 'guider', 'sampler', 'sigmas'].map((input) => linkedTo(workflow[sampler], input));
  const others = samplers.filter((each) => each !== sampler);
  return [sampler, ...inputs.flatMap((id) => upstream(workflow, id, (each) => others.includes(each)))];
}

function conditioning(
  workflow: ComfyuiWorkflow,
  sampler: string,
  links: readonly string[],
  samplers: readonly string[],
): readonly string[] {
  const guider = linkedTo(workflow[sampler], 'guider');
  const sources = [sampler, guider].flatMap((id) => links.map((link) => linkedTo(workflow[id ?? ''], link)));
  return sources.flatMap((id) => upstream(workflow, id, (each) => samplers.includes(each)));
}

/** Where the nodes have an input that is a value of its own and no link. */
function placesOf(workflow: ComfyuiWorkflow, ids: readonly string[], inputs: readonly string[]) {
  return ids.flatMap((id) => inputs.filter((input) => isValue(workflow[id], input)).map((input) => ({ id, input })));
}

function isValue(node: WorkflowNode | undefined, input: string): boolean {
  return ['string', 'number'].includes(typeof node?.inputs[input]);
}

/** The latent that a first sampler starts from gives the size and the number of images. */
function emptyLatents(workflow: ComfyuiWorkflow, samplers: readonly string[], side: 'width' | 'height' | 'batch_size') {
  const [first] = samplers;
  const latent = linkedTo(workflow[first ?? ''], 'latent_image');
  const ids = upstream(workflow, latent).filter((id) => /latent/iu.test(workflow[id]?.class_type ?? ''));
  return placesOf(workflow, ids, [side]);
}

function unique<T extends Omit<Change, 'value'>>(places: readonly T[]): readonly T[] {
  return places.filter(
    ({ id, input }, index) => places.findIndex((at) => at.id === id && at.input === input) === index,
  );
}

function changed(workflow: ComfyuiWorkflow, changes: readonly Change[]): ComfyuiWorkflow {
  const inputsOf = (id: string) =>
    Object.fromEntries(changes.filter((change) => change.id === id).map(({ input, value }) => [input, value]));
  return Object.fromEntries(
    Object.entries(workflow).map(([id, node]) => [id, { ...node, inputs: { ...node.inputs, ...inputsOf(id) } }]),
  );
}

/**
 * Makes ComfyUI sample again what it has in its cache: an input that its nodes do not look at, but its cache does.
 * @param run differs from run to run
 */
export function markRun(workflow: ComfyuiWorkflow, run: string): ComfyuiWorkflow {
  return changed(
    workflow,
    samplingNodes(workflow).map((id) => ({ id, input: 'steps_animation_run', value: run })),
  );
}
