/** What an image was made with, as another program than a web UI states it. */
export type OtherSettings = {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** by the names that web UIs have for them; without a value if unknown */
  readonly fields: readonly (readonly [name: string, value: unknown])[];
};

/** Samplers' names in web UIs, by those of k-diffusion and of the programs that build on it. */
const samplers: Readonly<Record<string, string>> = {
  euler: 'Euler',
  euler_ancestral: 'Euler a',
  euler_a: 'Euler a',
  heun: 'Heun',
  dpm_2: 'DPM2',
  kdpm_2: 'DPM2',
  dpm_2_ancestral: 'DPM2 a',
  kdpm_2_a: 'DPM2 a',
  lms: 'LMS',
  dpm_fast: 'DPM fast',
  dpm_adaptive: 'DPM adaptive',
  dpmpp_2s: 'DPM++ 2S a',
  dpmpp_2s_ancestral: 'DPM++ 2S a',
  dpmpp_sde: 'DPM++ SDE',
  dpmpp_2m: 'DPM++ 2M',
  dpmpp_2m_sde: 'DPM++ 2M SDE',
  dpmpp_2m_sde_heun: 'DPM++ 2M SDE Heun',
  dpmpp_3m: 'DPM++ 3M SDE',
  dpmpp_3m_sde: 'DPM++ 3M SDE',
  ddim: 'DDIM',
  ddpm: 'DDPM',
  plms: 'PLMS',
  unipc: 'UniPC',
  uni_pc: 'UniPC',
  uni_pc_bh2: 'UniPC',
  lcm: 'LCM',
};

/** Schedules' names in web UIs. */
const schedules: Readonly<Record<string, string>> = {
  normal: 'Normal',
  karras: 'Karras',
  exponential: 'Exponential',
  polyexponential: 'Polyexponential',
  sgm_uniform: 'SGM Uniform',
  simple: 'Simple',
  ddim_uniform: 'DDIM',
  beta: 'Beta',
  kl_optimal: 'KL Optimal',
  turbo: 'Turbo',
};

/** The fields of a sampler and its schedule, which some programs put into the sampler's name (`dpmpp_2m_k`). */
export function samplerFields(sampler: unknown, schedule?: unknown): OtherSettings['fields'] {
  if (typeof sampler !== 'string' || sampler === '') return [];
  const plain = sampler
    .toLowerCase()
    .replaceAll('++', 'pp')
    .replace(/[ -]+/gu, '_')
    .replace(/^k_|_gpu$/gu, '');
  const [, base = plain, suffix] = /^(.+?)_(k|karras|exponential)$/u.exec(plain) ?? [];
  const name = samplers[plain] ?? samplers[base] ?? sampler;
  const own = suffix === undefined || samplers[plain] !== undefined ? undefined : suffix === 'k' ? 'karras' : suffix;
  const wanted = typeof schedule === 'string' && schedule !== '' ? schedule : own;
  return [
    ['Sampler', name],
    ['Schedule type', wanted === undefined ? undefined : (schedules[wanted.toLowerCase()] ?? wanted)],
  ];
}

export function sizeField(width: unknown, height: unknown): OtherSettings['fields'] {
  return Number(width) > 0 && Number(height) > 0 ? [['Size', `${width}x${height}`]] : [];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The name of a model from that of its file. */
export function modelName(file: unknown): string | undefined {
  if (typeof file !== 'string') return undefined;
  return file.replace(/^.*[\\/]/u, '').replace(/\.(?:safetensors|ckpt|gguf|pth?|sft)$/u, '');
}
