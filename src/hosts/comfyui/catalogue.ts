import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { ComfyuiConnection } from './connection.js';

/** What a ComfyUI has, by its own names. */
export type Catalogue = {
  readonly checkpoints: readonly string[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
};

const choice = z
  .tuple([z.array(z.string())])
  .rest(z.unknown())
  .transform(([names]) => names);
const checkpointsSchema = z.object({
  CheckpointLoaderSimple: z.object({ input: z.object({ required: z.object({ ckpt_name: choice }) }) }),
});
const samplingSchema = z.object({
  KSampler: z.object({ input: z.object({ required: z.object({ sampler_name: choice, scheduler: choice }) }) }),
});

/** @throws StepsAnimationError `network` */
export async function readCatalogue(connection: ComfyuiConnection, signal?: AbortSignal): Promise<Catalogue> {
  const [loader, sampling] = await Promise.all([
    connection.get('object_info/CheckpointLoaderSimple', checkpointsSchema, signal),
    connection.get('object_info/KSampler', samplingSchema, signal),
  ]);
  const { sampler_name: samplers, scheduler: schedulers } = sampling.KSampler.input.required;
  return { checkpoints: loader.CheckpointLoaderSimple.input.required.ckpt_name, samplers, schedulers };
}

/**
 * The file of a checkpoint, by its name with or without folder and ending; the first where none is asked for.
 * @throws StepsAnimationError `usage`, with what there is
 */
export function chooseCheckpoint({ checkpoints }: Catalogue, wanted: string | undefined): string {
  const names = (file: string) => [file, file.replace(/\.\w+$/u, ''), modelNameOf(file)];
  const found = wanted === undefined ? checkpoints[0] : checkpoints.find((file) => names(file).includes(wanted));
  if (found !== undefined) return found;
  const asked = wanted === undefined ? 'no checkpoint' : `no checkpoint ${JSON.stringify(wanted)}`;
  const message = `ComfyUI has ${asked}; it has: ${checkpoints.join(', ') || 'none: put one into models/checkpoints'}.`;
  throw new StepsAnimationError('usage', message);
}

/** A checkpoint's file without its folder and ending. */
export function modelNameOf(file: string): string {
  return (file.split(/[\\/]/u).at(-1) ?? file).replace(/\.\w+$/u, '');
}
