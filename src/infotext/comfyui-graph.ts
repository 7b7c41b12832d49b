import {
  isJsonObject,
  type JsonObject,
  modelName,
  type OtherSettings,
  samplerFields,
  sizeField,
} from './other-settings.js';

/** A node of ComfyUI's API format; an input is a value, or the id and the output of another node. */
type Node = { readonly type: string; readonly inputs: JsonObject };
type Graph = ReadonlyMap<string, Node>;

/** Nodes that are followed to a text: more would be a circle. */
const maxDepth = 64;

/** Whether JSON is a graph in ComfyUI's API format (`prompt`), or a workflow of its editor. */
export function isComfyuiGraph(json: JsonObject): boolean {
  return graphOf(json).size > 0;
}

/** What a graph of ComfyUI makes, from its first sampler of a whole image. */
export function comfyuiSettings(json: JsonObject): OtherSettings {
  const graph = graphOf(json);
  const nodes = [...graph.values()];
  const samplers = nodes.filter(
    ({ type, inputs }) => /sampler/iu.test(type) && ('positive' in inputs || 'guider' in inputs),
  );
  const isWhole = ({ inputs }: Node) => !(Number(inputs.denoise ?? 1) < 1);
  const sampler: Node = samplers.find(isWhole) ?? samplers[0] ?? { type: '', inputs: {} };
  const find = (value: unknown, ...names: readonly string[]) => valueAt(graph, value, names);
  const { positive, negative, guider, model, noise, sigmas, latent_image: latent, sampler: chosen } = sampler.inputs;
  const guidance = nodeOf(graph, guider)?.inputs ?? {};
  const size = nodes.find(({ type }) => /^Empty.*Latent/u.test(type))?.inputs ?? nodeOf(graph, latent)?.inputs ?? {};
  const loader = nodes.find(({ inputs }) => 'ckpt_name' in inputs || 'unet_name' in inputs)?.inputs ?? {};
  const { seed, noise_seed: noiseSeed, steps, cfg } = sampler.inputs;
  return {
    prompt: textAt(graph, positive ?? guidance.positive ?? guidance.conditioning),
    negativePrompt: textAt(graph, negative ?? guidance.negative),
    fields: [
      ['Steps', find(steps ?? sigmas, 'steps')],
      ...samplerFields(
        find(sampler.inputs.sampler_name ?? chosen, 'sampler_name'),
        find(sampler.inputs.scheduler ?? sigmas, 'scheduler'),
      ),
      ['CFG scale', find(cfg ?? guidance.cfg, 'cfg')],
      ['Seed', find(seed ?? noiseSeed ?? noise, 'seed', 'noise_seed')],
      ...sizeField(find(size.width, 'width'), find(size.height, 'height')),
      ['Model', modelName(loader.ckpt_name ?? loader.unet_name ?? model)],
    ],
  };
}

function nodeOf(graph: Graph, link: unknown): Node | undefined {
  return Array.isArray(link) ? graph.get(String(link[0])) : undefined;
}

/** A value, or that of the node that it is linked to: by these names, or those of nodes for one value. */
function valueAt(graph: Graph, value: unknown, names: readonly string[], depth = 0): unknown {
  if (!Array.isArray(value)) return value;
  const node = nodeOf(graph, value);
  if (!node || depth > maxDepth) return undefined;
  const name = [...names, 'value', 'int', 'float', 'number', 'Number'].find((each) => each in node.inputs);
  return name === undefined ? undefined : valueAt(graph, node.inputs[name], names, depth + 1);
}

/** The text that a conditioning comes from, through nodes that combine or change it. */
function textAt(graph: Graph, link: unknown, depth = 0): string {
  if (typeof link === 'string') return link;
  const node = nodeOf(graph, link);
  if (!node || depth > maxDepth) return '';
  const own = ['text', 'text_g', 'text_l', 't5xxl', 'clip_l', 'string', 'value', 'prompt', 'positive'].find(
    (name) => name in node.inputs,
  );
  const others = ['conditioning', 'conditioning_1', 'conditioning_to'].find((name) => name in node.inputs);
  const name = own ?? others;
  return name === undefined ? '' : textAt(graph, node.inputs[name], depth + 1);
}

function graphOf(json: JsonObject): Graph {
  if (Array.isArray(json.nodes)) return graphOfWorkflow(json.nodes, json.links);
  const nodes = Object.entries(json).flatMap(([id, value]): [string, Node][] => {
    if (!isJsonObject(value) || typeof value.class_type !== 'string') return [];
    return [[id, { type: value.class_type, inputs: isJsonObject(value.inputs) ? value.inputs : {} }]];
  });
  return new Map(nodes);
}

/** The names of the editor's widgets, in the order of their values. */
const widgets: Readonly<Record<string, readonly string[]>> = {
  KSampler: ['seed', 'control', 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise'],
  KSamplerAdvanced: ['add_noise', 'noise_seed', 'control', 'steps', 'cfg', 'sampler_name', 'scheduler'],
  CLIPTextEncode: ['text'],
  EmptyLatentImage: ['width', 'height', 'batch_size'],
  EmptySD3LatentImage: ['width', 'height', 'batch_size'],
  CheckpointLoaderSimple: ['ckpt_name'],
  UNETLoader: ['unet_name'],
  RandomNoise: ['noise_seed'],
  KSamplerSelect: ['sampler_name'],
  BasicScheduler: ['scheduler', 'steps', 'denoise'],
};

function graphOfWorkflow(nodes: readonly unknown[], links: unknown): Graph {
  const origins = new Map(
    (Array.isArray(links) ? links : []).flatMap((link) =>
      Array.isArray(link) ? [[link[0], [String(link[1]), link[2]]]] : [],
    ),
  );
  return new Map(
    nodes.flatMap((node): [string, Node][] => {
      if (!isJsonObject(node) || typeof node.type !== 'string') return [];
      const values = Array.isArray(node.widgets_values) ? node.widgets_values : [];
      const own = (widgets[node.type] ?? []).map((name, index) => [name, values[index]]);
      const linked = (Array.isArray(node.inputs) ? node.inputs : []).flatMap((input) =>
        isJsonObject(input) && origins.has(input.link) ? [[input.name, origins.get(input.link)]] : [],
      );
      return [[String(node.id), { type: node.type, inputs: Object.fromEntries([...own, ...linked]) }]];
    }),
  );
}
