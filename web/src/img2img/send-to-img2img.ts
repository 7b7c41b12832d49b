import type { AboutShape } from '../api/types.js';
import { takeKnown } from '../drop/found-settings.js';
import { hiresOptions } from '../form/form-options.js';
import { setOptions, type Values } from '../form/form-store.js';
import { type Start, setStart } from './start-store.js';

/** Opens img2img with a picture and, as the web UIs do, with the options it was made with; its seed is left alone. */
export function sendToImg2img(about: AboutShape, start: Start, generation: Values): void {
  setStart(start);
  const { values } = takeKnown(about, 'generation', generation, ['seed', ...hiresOptions]);
  setOptions('img2img', { generation: values });
  location.hash = 'img2img';
}
