import { setOptions, type Values } from '../form/form-store.js';
import { type Start, setStart } from './start-store.js';

/** Opens img2img with a picture and, as the web UIs do, with the options it was made with; its seed is left alone. */
export function sendToImg2img(start: Start, generation: Values): void {
  const { seed, ...others } = generation;
  setStart(start);
  setOptions('img2img', { generation: others });
  location.hash = 'img2img';
}
