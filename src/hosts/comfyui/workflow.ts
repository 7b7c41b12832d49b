import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';

const nodeSchema = z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) });

/** A ComfyUI workflow in API format: nodes by their ids; an input is a value, or a link `[node, output]`. */
const workflowSchema = z.record(z.string(), nodeSchema).refine((nodes) => Object.keys(nodes).length > 0);

export type ComfyuiWorkflow = z.output<typeof workflowSchema>;
export type WorkflowNode = ComfyuiWorkflow[string];

/** @throws StepsAnimationError `usage`, telling how to export a workflow, when it is of another format */
export function checkWorkflow(value: unknown): ComfyuiWorkflow {
  const { success, data } = workflowSchema.safeParse(value);
  if (success) return data;
  throw new StepsAnimationError(
    'usage',
    'That is no ComfyUI workflow in API format: in ComfyUI choose Workflow, Export (API), and give that file.',
  );
}

/** The node that an input is linked to. */
export function linkedTo(node: WorkflowNode | undefined, input: string): string | undefined {
  const link = node?.inputs[input];
  return Array.isArray(link) && link.length === 2 && typeof link[0] === 'string' ? link[0] : undefined;
}

/** A node and all that it depends on, the nearest first; nodes that `isBorder` are left out, with what is behind them. */
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

/** The nodes that sample, those first whose latents the others go on with. */
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
