import { parseInfotext } from '../../infotext/metadata.js';

/** The fields of requests by the names that infotexts have for them. */
const fieldByName: Readonly<Record<string, string>> = {
  Steps: 'steps',
  Sampler: 'sampler_name',
  'Schedule type': 'scheduler',
  'CFG scale': 'cfg_scale',
  Seed: 'seed',
  'Variation seed': 'subseed',
  'Variation seed strength': 'subseed_strength',
  'Denoising strength': 'denoising_strength',
  'Mask blur': 'mask_blur',
  'Hires upscale': 'hr_scale',
  'Hires upscaler': 'hr_upscaler',
  'Hires steps': 'hr_second_pass_steps',
  Eta: 'eta',
};

const sizes: Readonly<Record<string, readonly [string, string]>> = {
  Size: ['width', 'height'],
  'Seed resize from': ['seed_resize_from_w', 'seed_resize_from_h'],
};

/** The fields of a request that an infotext tells; others come as they are in the request. */
export function fieldsOf(infotext: string): Record<string, unknown> {
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  const pairs = Object.entries(fields).flatMap(([name, value]) => {
    const [width, height] = sizes[name] ?? [];
    const field = fieldByName[name];
    if (width && height) return [width, height].map((side, index) => [side, value.split('x')[index]] as const);
    return field ? [[field, value] as const] : [];
  });
  const hires = 'Hires upscale' in fields ? { enable_hr: true } : {};
  return { prompt, negative_prompt: negativePrompt, ...Object.fromEntries(pairs), ...hires };
}
