import { notifications } from '@mantine/notifications';
import type { JobShape } from '../api/types.js';
import { setOptions, setScriptEnabled, type Values } from '../form/form-store.js';
import { tabOf } from './use-again.js';

/**
 * Fills the form of the job's kind with what it was made with, and opens it.
 * @param seed of the image that is meant; the job's own if left out
 */
export function fillForm(job: JobShape, seed?: number): void {
  const { generation, img2img, animation } = job.options;
  const tab = tabOf(job);
  const isAnimated = animation !== null && (animation.createAnimation !== false || job.animations.length > 0);
  setOptions(tab, {
    generation: { ...(generation as Values), ...(seed === undefined ? {} : { seed }) },
    ...(isAnimated ? { animation: animation as Values } : {}),
    ...(img2img ? { img2img: img2img as Values } : {}),
  });
  setScriptEnabled(tab, isAnimated);
  location.hash = tab;
  notifications.show({ message: `The form of ${tab} has these settings now.` });
}
