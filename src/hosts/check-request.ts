import { StepsAnimationError } from '../errors.js';
import { checkOptions } from '../options/check-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../options/generation-options.js';
import { checkPicture } from '../pictures/picture.js';
import type { GenerationRequest, StartRequest } from './host.js';

/** A request that has been checked, with all options: what is inside a host takes it and does not check again. */
export type CheckedRequest = {
  readonly options: GenerationOptions;
  /** the model that was asked for; undefined leaves the choice to the host */
  readonly model: string | undefined;
  readonly start: Start | undefined;
};

/** What img2img starts from, with all options. */
export type Start = Img2imgOptions & Pick<StartRequest, 'picture' | 'mask'>;

/**
 * Checks all of a request that does not depend on the host.
 * @throws StepsAnimationError `usage` naming the option, its value and what it must be; `input` for a broken picture
 */
export function checkRequest({ start: given, ...wanted }: GenerationRequest): CheckedRequest {
  const options = checkOptions(generationOptionsSchema, wanted);
  const start = given && checkStart(given);
  if (start && options.hiresScale > 1) {
    const message = 'A hires pass is part of txt2img: with a starting picture, leave hires scale at 1.';
    throw new StepsAnimationError('usage', message);
  }
  return { options, model: wanted.model, start };
}

function checkStart({ picture, mask, ...given }: StartRequest): Start {
  const options = checkOptions(img2imgOptionsSchema, given);
  checkPicture(picture);
  if (!mask) return { ...options, picture };
  checkPicture(mask);
  if (mask.width !== picture.width || mask.height !== picture.height) {
    const sizes = [mask, picture].map(({ width, height }) => `${width}x${height}`);
    const message = `The mask has ${sizes.join(' pixels and the starting picture ')}: use a mask of the same size.`;
    throw new StepsAnimationError('usage', message);
  }
  return { ...options, picture, mask };
}
