import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';

const nodeSchema = z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) });

/** A ComfyUI workflow in API format: nodes by their ids; an input is a value, or a link `[node, output]`. */
const workflowSchema = z.record(z.string(), nodeSchema).refine((nodes) => Object.keys(nodes).length > 0);

export type ComfyuiWorkflow = z.output<typeof workflowSchema>;
type WorkflowNode = ComfyuiWorkflow[string];

/** @throws StepsAnimationError `usage` for another format, saying how to export a workflow */
export function checkWorkflow(value: unknown): ComfyuiWorkflow {
  const { success, data } = workflowSchema.safeParse(value);
  if (success) return data;
  throw new StepsAnimationError(
    'usage',
    'The workflow is not in the API format of ComfyUI: choose Workflow, Export (API) there, and give that file.',
  );
}

/** The node that an input is linked to. */
export function linkedTo(node: WorkflowNode | undefined, input: string): string | undefined {
  const link = node?.inputs[input];
  return Array.isArray(link) && link.length === 2 && typeof link[0] === 'string' ? link[0] : undefined;
}

/** A node and all that it depends on, the nearest first, without nodes that `isBorder` and those behind them. */
export function upstream(
  workflow: ComfyuiWorkflow,
  from: string | undefined,
  isBorder: (id: string) => boolean = () => false,
): readonly string[] {
  const found: string[] = [];
  const waiting = from === undefined ? [] : [from];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const node = workflow[id];
    if (!node || found.includes(id) || isBorder(id)) continue;
    found.push(id);
    for (const input of Object.keys(node.inputs)) waiting.push(linkedTo(node, input) ?? '');
  }
  return found;
}

/** The nodes that sample, in the order in which they use each other's latents. */
export function samplingNodes(workflow: ComfyuiWorkflow): readonly string[] {
  const all = Object.keys(workflow).filter((id) => isSampling(workflow[id]));
  const before = (id: string) => upstream(workflow, id).filter((other) => all.includes(other)).length;
  return all.toSorted((a, b) => before(a) - before(b));
}

/** Whatever its name, a node that samples starts from a latent and leads to the noise levels. */
function isSampling(node: WorkflowNode | undefined): boolean {
  if (node === undefined || linkedTo(node, 'latent_image') === undefined) return false;
  return 'steps' in node.inputs || linkedTo(node, 'sigmas') !== undefined;
}

/** What is put into a workflow, where it has a place for it. */
type WorkflowValues = Pick<
  GenerationOptions,
  'prompt' | 'negativePrompt' | 'steps' | 'cfgScale' | 'width' | 'height'
> & {
  readonly seed: number;
  /** by ComfyUI's names */
  readonly sampler: string;
  readonly scheduler: string;
};

type ChangedWorkflow = {
  readonly workflow: ComfyuiWorkflow;
  /** labels of the values that the workflow has no place for */
  readonly missing: readonly string[];
  /** how many images it made at once; it makes one now, if its latents are empty ones */
  readonly batch: number;
};

type Change = { readonly id: string; readonly input: string; readonly value: unknown };

const textInputs = ['text', 'text_g', 'text_l', 'clip_l', 't5xxl', 'prompt'];

/**
 * Puts a prompt, a seed and the like into a workflow of the user. The seed and prompts that are not empty are always put
 * in, other options only where they differ from our defaults: a workflow has its own.
 */
export function fillWorkflow(workflow: ComfyuiWorkflow, wanted: WorkflowValues): ChangedWorkflow {
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

  if (wanted.prompt) put('prompt', wanted.prompt, unique(texts(['positive', 'conditioning'])));
  if (wanted.negativePrompt) put('negative prompt', wanted.negativePrompt, unique(texts(['negative'])));
  put('seed', wanted.seed, unique(values(['seed', 'noise_seed'])));
  if (isChosen('steps', wanted.steps)) put('steps', wanted.steps, unique(values(['steps'])));
  if (isChosen('cfgScale', wanted.cfgScale)) put('CFG scale', wanted.cfgScale, unique(values(['cfg'])));
  if (isChosen('sampler', wanted.sampler)) put('sampler', wanted.sampler, unique(values(['sampler_name'])));
  if (isChosen('scheduler', wanted.scheduler)) put('scheduler', wanted.scheduler, unique(values(['scheduler'])));
  for (const side of ['width', 'height'] as const) {
    if (wanted[side] > 0) put(side, wanted[side], unique(emptyLatents(workflow, samplers, side)));
  }
  const batches = emptyLatents(workflow, samplers, 'batch_size');
  changes.push(...batches.map((place) => ({ ...place, value: 1 })));
  const sizes = batches.map(({ id, input }) => Number(workflow[id]?.inputs[input]));
  return { workflow: changed(workflow, changes), missing, batch: Math.max(1, ...sizes) };
}

function isChosen(name: 'steps' | 'cfgScale' | 'sampler' | 'scheduler', value: unknown): boolean {
  return value !== generationOptionsSchema.shape[name].parse(undefined);
}

/** A sampler and the nodes that set it alone: none of other samplers, and none of prompts, pictures and models. */
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

/** Where the nodes have an input that is a value and no link. */
function placesOf(workflow: ComfyuiWorkflow, ids: readonly string[], inputs: readonly string[]) {
  return ids.flatMap((id) => inputs.filter((input) => isValue(workflow[id], input)).map((input) => ({ id, input })));
}

function isValue(node: WorkflowNode | undefined, input: string): boolean {
  return ['string', 'number'].includes(typeof node?.inputs[input]);
}

/** The latent that the first sampler starts from: it has the size and the number of images. */
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
 * Makes ComfyUI sample again what it has in its cache, by an input that its nodes ignore and its cache does not.
 * @param run another text for each run
 */
export function bypassCache(workflow: ComfyuiWorkflow, run: string): ComfyuiWorkflow {
  return changed(
    workflow,
    samplingNodes(workflow).map((id) => ({ id, input: 'steps_animation_run', value: run })),
  );
}
