import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { InvokeaiConnection } from './connection.js';

/** Bases whose models the graphs here can run, with the size that each was trained on, in pixels. */
const usualSides = { 'sd-1': 512, 'sd-2': 768, sdxl: 1024 } as const;

export type Base = keyof typeof usualSides;

/** A model as InvokeAI's graphs name it, and its size in pixels. */
export type InvokeaiModel = {
  readonly id: { readonly key: string; readonly hash: string; readonly name: string; readonly type: 'main' } & {
    readonly base: Base;
  };
  readonly width: number;
  readonly height: number;
};

const side = z.int().positive().nullish().catch(undefined);
const recordSchema = z.looseObject({
  key: z.string(),
  hash: z.string(),
  name: z.string(),
  base: z.string(),
  default_settings: z.looseObject({ width: side, height: side }).nullish().catch(undefined),
});
const modelsSchema = z.object({ models: z.array(recordSchema) });

/**
 * The models that images can be made with.
 * @throws StepsAnimationError `network`
 */
export async function readModels(
  connection: InvokeaiConnection,
  signal?: AbortSignal,
): Promise<readonly InvokeaiModel[]> {
  const { models } = await connection.get('api/v2/models/?model_type=main', modelsSchema, signal);
  return models.flatMap(({ key, hash, name, base, default_settings: settings }) => {
    if (!isBase(base)) return [];
    const { width, height } = { width: settings?.width, height: settings?.height };
    const id = { key, hash, name, base, type: 'main' } as const;
    return [{ id, width: width ?? usualSides[base], height: height ?? usualSides[base] }];
  });
}

function isBase(base: string): base is Base {
  return base in usualSides;
}

/**
 * The model of a name; the first where none is asked for.
 * @throws StepsAnimationError `usage`, with what there is
 */
export function chooseModel(models: readonly InvokeaiModel[], wanted: string | undefined): InvokeaiModel {
  const found = wanted === undefined ? models[0] : models.find(({ id }) => [id.name, id.key].includes(wanted));
  if (found) return found;
  const names = models.map(({ id }) => id.name).join(', ') || 'none: install one of SD 1, SD 2 or SDXL in InvokeAI';
  const asked = wanted === undefined ? 'no such model' : `no model ${JSON.stringify(wanted)} of SD 1, SD 2 or SDXL`;
  throw new StepsAnimationError('usage', `InvokeAI has ${asked}; it has: ${names}.`);
}
