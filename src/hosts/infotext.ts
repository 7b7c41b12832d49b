import { version } from '../version.js';
import type { GenerationRequest } from './host.js';

/** What an infotext tells of an image; `sampler`, `scheduler` and `model` by the names that web UIs show. */
export type InfotextFields = Pick<
  GenerationRequest,
  'prompt' | 'negativePrompt' | 'steps' | 'sampler' | 'scheduler' | 'cfgScale' | 'seed' | 'width' | 'height' | 'model'
>;

/** The `parameters` text of an image, as AUTOMATIC1111's web UI writes it. */
export function formatInfotext(fields: InfotextFields): string {
  const settings = {
    Steps: fields.steps,
    Sampler: fields.sampler,
    'Schedule type': fields.scheduler,
    'CFG scale': fields.cfgScale,
    Seed: fields.seed,
    Size: `${fields.width}x${fields.height}`,
    Model: fields.model,
    Version: `steps-animation ${version}`,
  };
  const negative = fields.negativePrompt === '' ? '' : `\nNegative prompt: ${fields.negativePrompt}`;
  const lastLine = Object.entries(settings).map(([name, value]) => `${name}: ${quote(String(value))}`);
  return `${fields.prompt}${negative}\n${lastLine.join(', ')}`.trim();
}

function quote(value: string): string {
  return /[,:\n]/u.test(value) ? JSON.stringify(value) : value;
}
