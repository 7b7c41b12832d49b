import type { GenerationOptions, Img2imgOptions } from '../../options/generation-options.js';
import type { StartFiles } from '../remote/pictures.js';
import type { Base, InvokeaiModel } from './catalogue.js';

type GraphSettings = {
  readonly options: Pick<
    GenerationOptions,
    'prompt' | 'negativePrompt' | 'width' | 'height' | 'steps' | 'cfgScale' | 'guidanceRescale' | 'clipSkip' | 'rng'
  >;
  readonly model: InvokeaiModel;
  /** InvokeAI's name */
  readonly scheduler: string;
  readonly seed: number;
  readonly start?: (Pick<Img2imgOptions, 'denoisingStrength'> & StartFiles) | undefined;
};

type Node = { readonly id: string; readonly type: string } & Readonly<Record<string, unknown>>;
type Place = { readonly node_id: string; readonly field: string };

/** A workflow in InvokeAI's format. */
export type Graph = {
  readonly nodes: Readonly<Record<string, Node>>;
  readonly edges: readonly { readonly source: Place; readonly destination: Place }[];
};

/** Names of the node that samples and of the one that makes the image. */
export const samplingNode = 'denoise';
export const imageNode = 'image';

/** txt2img, img2img or inpainting of one image, which stays out of the gallery. */
export function buildGraph(settings: GraphSettings): Graph {
  const { model, start } = settings;
  const isXl = model.id.base === 'sdxl';
  const links = [
    ...(isXl ? promptLinksXl : promptLinks(settings.options.clipSkip)),
    ...['model.unet denoise.unet', 'noise.noise denoise.noise', 'denoise.latents image.latents', 'model.vae image.vae'],
    ...['positive.conditioning denoise.positive_conditioning', 'negative.conditioning denoise.negative_conditioning'],
    ...(start ? ['model.vae start.vae', 'start.latents denoise.latents'] : []),
    ...(start?.mask ? ['model.vae mask.vae', 'mask.denoise_mask denoise.denoise_mask'] : []),
  ];
  const nodes = [
    loader(model),
    ...promptNodes(settings, model.id.base),
    ...samplingNodes(settings),
    ...startNodes(start),
  ];
  return { nodes: Object.fromEntries(nodes.map((node) => [node.id, node])), edges: links.map(edge) };
}

/** @param link as `node.field node.field`, from and to */
function edge(link: string) {
  const [source, destination] = link.split(' ').map(place);
  if (!source || !destination) throw new Error(`${link} is no link`);
  return { source, destination };
}

function place(name: string): Place {
  const [node_id = '', field = ''] = name.split('.');
  return { node_id, field };
}

function loader({ id }: InvokeaiModel): Node {
  return { id: 'model', type: id.base === 'sdxl' ? 'sdxl_model_loader' : 'main_model_loader', model: id };
}

function promptNodes({ options }: GraphSettings, base: Base): readonly Node[] {
  const { width, height, clipSkip } = options;
  const prompts = { positive: options.prompt, negative: options.negativePrompt };
  if (base === 'sdxl') {
    const sizes = { original_width: width, original_height: height, target_width: width, target_height: height };
    return Object.entries(prompts).map(([id, prompt]) => ({
      ...{ id, type: 'sdxl_compel_prompt', prompt, style: prompt },
      ...sizes,
    }));
  }
  const texts = Object.entries(prompts).map(([id, prompt]) => ({ id, type: 'compel', prompt }));
  return clipSkip > 1 ? [{ id: 'clip', type: 'clip_skip', skipped_layers: clipSkip - 1 }, ...texts] : texts;
}

function promptLinks(clipSkip: number): readonly string[] {
  const clip = clipSkip > 1 ? 'clip.clip' : 'model.clip';
  return [...(clipSkip > 1 ? ['model.clip clip.clip'] : []), `${clip} positive.clip`, `${clip} negative.clip`];
}

const promptLinksXl = ['positive', 'negative'].flatMap((id) => [`model.clip ${id}.clip`, `model.clip2 ${id}.clip2`]);

function samplingNodes({ options, scheduler, seed, start }: GraphSettings): readonly Node[] {
  const { width, height, steps, cfgScale: cfg_scale, guidanceRescale: cfg_rescale_multiplier } = options;
  return [
    { id: 'noise', type: 'noise', seed, width, height, use_cpu: options.rng === 'cpu' },
    {
      ...{ id: samplingNode, type: 'denoise_latents', steps, cfg_scale, cfg_rescale_multiplier, scheduler },
      ...{ denoising_start: start ? 1 - start.denoisingStrength : 0, denoising_end: 1 },
      // An answer from the cache has no steps.
      use_cache: false,
    },
    { id: imageNode, type: 'l2i', is_intermediate: true, use_cache: false },
  ];
}

function startNodes(start: GraphSettings['start']): readonly Node[] {
  if (!start) return [];
  const picture = { id: 'start', type: 'i2l', image: { image_name: start.picture } };
  const mask = { id: 'mask', type: 'create_denoise_mask', mask: { image_name: start.mask } };
  return start.mask === undefined ? [picture] : [picture, mask];
}
