import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectFile, readInfotext } from '#src/app/inspect-file.js';
import { readExifComment } from '#src/infotext/exif.js';
import { optionsOfInfotext } from '#src/infotext/infotext-options.js';
import { infotextOf } from '#src/infotext/other-programs.js';
import { parseInfotext } from '#src/infotext/parse-infotext.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

type Texts = Readonly<Record<string, unknown>>;

const comfyui = {
  3: {
    class_type: 'KSampler',
    inputs: {
      ...{ seed: 1102676403634909, steps: 20, cfg: 8, sampler_name: 'dpmpp_2m', scheduler: 'karras', denoise: 1 },
      ...{ model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] },
    },
  },
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd/v1-5.safetensors' } },
  5: { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: 'a cat on a roof', clip: ['4', 1] } },
  7: { class_type: 'CLIPTextEncode', inputs: { text: ['8', 0], clip: ['4', 1] } },
  8: { class_type: 'PrimitiveString', inputs: { value: 'dog' } },
};

const flux = {
  1: {
    class_type: 'SamplerCustomAdvanced',
    inputs: { noise: ['2', 0], guider: ['3', 0], sampler: ['4', 0], sigmas: ['5', 0], latent_image: ['6', 0] },
  },
  2: { class_type: 'RandomNoise', inputs: { noise_seed: 7 } },
  3: { class_type: 'BasicGuider', inputs: { model: ['9', 0], conditioning: ['7', 0] } },
  4: { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
  5: { class_type: 'BasicScheduler', inputs: { scheduler: 'simple', steps: 4, denoise: 1, model: ['9', 0] } },
  6: { class_type: 'EmptySD3LatentImage', inputs: { width: 1024, height: 1024, batch_size: 1 } },
  7: { class_type: 'FluxGuidance', inputs: { guidance: 3.5, conditioning: ['8', 0] } },
  8: { class_type: 'CLIPTextEncode', inputs: { text: 'a cat', clip: ['9', 1] } },
  9: { class_type: 'UNETLoader', inputs: { unet_name: 'flux1-schnell.safetensors' } },
};

const workflow = {
  nodes: [
    {
      ...{ id: 3, type: 'KSampler', widgets_values: [5, 'randomize', 20, 7, 'euler_ancestral', 'normal', 1] },
      inputs: [
        { name: 'positive', link: 10 },
        { name: 'negative', link: 11 },
      ],
    },
    { id: 6, type: 'CLIPTextEncode', widgets_values: ['a cat'] },
    { id: 7, type: 'CLIPTextEncode', widgets_values: ['dog'] },
  ],
  links: [
    [10, 6, 0, 3, 1, 'CONDITIONING'],
    [11, 7, 0, 3, 2, 'CONDITIONING'],
  ],
};

/** Texts as each program documents them, or writes them, and what they say. */
const samples: readonly (readonly [string, Texts, Texts])[] = [
  [
    'NovelAI',
    {
      ...{
        Title: 'AI generated image',
        Description: 'a cat, {{red}}',
        Software: 'NovelAI',
        Source: 'Stable Diffusion 81274D13',
      },
      Comment: { steps: 28, sampler: 'k_euler_ancestral', seed: 1234567, strength: 0.7, scale: 11, uc: 'lowres' },
    },
    {
      prompt: 'a cat, {{red}}',
      negativePrompt: 'lowres',
      Seed: '1234567',
      Steps: '28',
      Sampler: 'Euler a',
      'CFG scale': '11',
    },
  ],
  [
    'NovelAI 4',
    {
      Comment: {
        ...{ prompt: 'a cat', steps: 23, height: 1216, width: 832, scale: 5, seed: 9, sampler: 'k_dpmpp_2m' },
        ...{ noise_schedule: 'karras', uc: 'lowres', v4_prompt: { caption: { base_caption: 'a cat' } } },
      },
    },
    { prompt: 'a cat', Size: '832x1216', Sampler: 'DPM++ 2M', 'Schedule type': 'Karras' },
  ],
  [
    'NovelAI in WebP',
    {
      comment: {
        Description: 'a cat',
        Comment: JSON.stringify({ steps: 28, sampler: 'k_euler', seed: 3, scale: 5, uc: 'x' }),
      },
    },
    { prompt: 'a cat', negativePrompt: 'x', Seed: '3', Sampler: 'Euler' },
  ],
  [
    'ComfyUI',
    { prompt: comfyui, workflow: { nodes: [] } },
    {
      ...{ prompt: 'a cat on a roof', negativePrompt: 'dog', Seed: '1102676403634909', Steps: '20', 'CFG scale': '8' },
      ...{ Sampler: 'DPM++ 2M', 'Schedule type': 'Karras', Size: '512x768', Model: 'v1-5' },
    },
  ],
  [
    'ComfyUI with separate nodes for noise, guidance and sigmas',
    { prompt: flux },
    { prompt: 'a cat', Seed: '7', Steps: '4', Sampler: 'Euler', 'Schedule type': 'Simple', Model: 'flux1-schnell' },
  ],
  [
    'a workflow of the editor of ComfyUI',
    { workflow },
    { prompt: 'a cat', negativePrompt: 'dog', Seed: '5', Steps: '20', Sampler: 'Euler a', 'Schedule type': 'Normal' },
  ],
  [
    'a movie of ComfyUI',
    { comment: { prompt: JSON.stringify(comfyui), workflow: '{}' } },
    { prompt: 'a cat on a roof', Seed: '1102676403634909' },
  ],
  [
    'InvokeAI',
    {
      invokeai_metadata: {
        ...{
          positive_prompt: 'a cat',
          negative_prompt: 'dog',
          seed: 4,
          steps: 10,
          cfg_scale: 7.5,
          scheduler: 'dpmpp_2m_k',
        },
        ...{ width: 512, height: 512, model: { name: 'dreamshaper' }, app_version: '5.6.0' },
      },
    },
    {
      ...{ prompt: 'a cat', negativePrompt: 'dog', Seed: '4', Steps: '10', 'CFG scale': '7.5', Model: 'dreamshaper' },
      ...{ Sampler: 'DPM++ 2M', 'Schedule type': 'Karras', Size: '512x512' },
    },
  ],
  [
    'InvokeAI 2',
    {
      'sd-metadata': {
        model_weights: 'stable-diffusion-1.5',
        image: {
          ...{ prompt: [{ prompt: 'a cat [dog]', weight: 1 }], steps: 50, cfg_scale: 7.5, sampler: 'k_lms', seed: 42 },
          ...{ width: 512, height: 512 },
        },
      },
    },
    { prompt: 'a cat', negativePrompt: 'dog', Seed: '42', Sampler: 'LMS', Model: 'stable-diffusion-1.5' },
  ],
  [
    'InvokeAI 1',
    { Dream: '"a cat [dog]" -s 50 -S 42 -W 512 -H 640 -C 7.5 -A k_euler_a' },
    { prompt: 'a cat', negativePrompt: 'dog', Seed: '42', Steps: '50', Size: '512x640', Sampler: 'Euler a' },
  ],
  [
    'SwarmUI',
    {
      parameters: {
        sui_image_params: {
          ...{ prompt: 'a cat', negativeprompt: 'dog', model: 'sdxl', seed: 5, steps: 20, cfgscale: 7 },
          ...{ width: 1024, height: 768, sampler: 'euler', scheduler: 'karras' },
        },
      },
    },
    {
      ...{ prompt: 'a cat', negativePrompt: 'dog', Seed: '5', Steps: '20', 'CFG scale': '7', Size: '1024x768' },
      ...{ Model: 'sdxl', Sampler: 'Euler', 'Schedule type': 'Karras' },
    },
  ],
  [
    'SwarmUI with little',
    { parameters: { sui_image_params: { prompt: 'a cat', negativeprompt: 'dog', seed: 5, steps: 20, cfgscale: 7 } } },
    { prompt: 'a cat', negativePrompt: 'dog', Seed: '5' },
  ],
  [
    'Fooocus',
    {
      fooocus_scheme: 'fooocus',
      parameters: {
        ...{ prompt: 'a cat', negative_prompt: 'dog', base_model: 'juggernautXL.safetensors', guidance_scale: 4 },
        ...{ resolution: '(1152, 896)', sampler: 'dpmpp_2m_sde_gpu', scheduler: 'karras', seed: '123', steps: 30 },
      },
    },
    {
      ...{ prompt: 'a cat', negativePrompt: 'dog', Seed: '123', Steps: '30', 'CFG scale': '4', Size: '1152x896' },
      ...{ Sampler: 'DPM++ 2M SDE', 'Schedule type': 'Karras', Model: 'juggernautXL' },
    },
  ],
  [
    'Draw Things',
    {
      'XML:com.adobe.xmp': `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">${JSON.stringify(
        {
          ...{ c: 'a cat & "mouse"', uc: 'dog', seed: 77, steps: 20, scale: 7.5, sampler: 'Euler A', size: '512x512' },
          model: 'sd_v1.5_f16.ckpt',
        },
      )
        .replaceAll('&', '&amp;')
        .replaceAll('"', '&quot;')}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>`,
    },
    { prompt: 'a cat & "mouse"', negativePrompt: 'dog', Seed: '77', Steps: '20', Sampler: 'Euler a', Size: '512x512' },
  ],
];

const settings = 'Negative prompt: bad\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965, Size: 32x32';
const text = `a café cat 猫\n${settings}`;

function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

/** A picture with chunks after its header; the checksums are not read. */
async function pngWith(...chunks: readonly Buffer[]): Promise<string> {
  const png = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  const path = join(await temporaryFolder(), 'image.png');
  await writeFile(path, Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]));
  return path;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** EXIF data with one user comment. */
function exifWith(comment: Buffer): Buffer {
  const head = Buffer.alloc(44);
  head.write('MM\0*', 0, 'latin1');
  head.writeUInt32BE(8, 4);
  for (const [at, tag, type, count, value] of [
    [8, 0x8769, 4, 1, 26],
    [26, 0x9286, 7, comment.length, 44],
  ] as const) {
    head.writeUInt16BE(1, at);
    head.writeUInt16BE(tag, at + 2);
    head.writeUInt16BE(type, at + 4);
    head.writeUInt32BE(count, at + 6);
    head.writeUInt32BE(value, at + 10);
  }
  return Buffer.concat([head, comment]);
}

describe('texts of other programs', () => {
  it.each(samples)('are read: %s', (_, texts, expected) => {
    const infotext = infotextOf(new Map(Object.entries(texts).map(([name, value]) => [name, asText(value)]))) ?? '';
    const { prompt, negativePrompt, fields } = parseInfotext(infotext);
    expect({ prompt, negativePrompt, ...fields }).toMatchObject(expected);
  });

  it.each(samples.filter(([, texts]) => !('comment' in texts)))(
    'are found in a PNG: %s',
    async (_, texts, expected) => {
      const chunks = Object.entries(texts).map(([name, value]) =>
        pngChunk('tEXt', Buffer.from(`${name}\0${asText(value)}`)),
      );
      const { prompt } = parseInfotext((await readInfotext(await pngWith(...chunks))) ?? '');
      expect(prompt).toBe(expected.prompt);
    },
  );

  it('become options', () => {
    const { generation } = optionsOfInfotext(infotextOf(new Map([['prompt', JSON.stringify(comfyui)]])) ?? '');
    expect(generation).toMatchObject({ prompt: 'a cat on a roof', steps: 20, cfgScale: 8, width: 512, height: 768 });
  });

  it('are not taken for a prompt where nothing is known of them', async () => {
    const circle = {
      1: { class_type: 'KSampler', inputs: { positive: ['2', 0] } },
      2: { class_type: 'X', inputs: { text: ['2', 0] } },
    };
    expect(infotextOf(new Map([['prompt', JSON.stringify(circle)]]))).toBe('');
    expect(infotextOf(new Map([['Comment', 'made with GIMP']]))).toBeUndefined();
    expect(infotextOf(new Map([['parameters', '{a|b} cat']]))).toBe('{a|b} cat');
  });

  it('keep seeds of more digits than numbers hold', () => {
    const invoke =
      '{"positive_prompt": "a", "seed": 18446744073709551615, "steps": 3, "cfg_scale": NaN, "scheduler": "euler"}';
    const infotext = infotextOf(new Map([['invokeai_metadata', invoke]])) ?? '';
    expect(parseInfotext(infotext).fields.Seed).toBe('18446744073709551615');
  });
});

describe('texts', () => {
  it.each([
    ['tEXt', Buffer.from(`parameters\0${text}`)],
    ['zTXt', Buffer.concat([Buffer.from('parameters\0\0'), deflateSync(Buffer.from(text))])],
  ])('in UTF-8 in %s are read as such', async (type, data) => {
    const path = await pngWith(pngChunk(type, data), pngChunk('tEXt', Buffer.from('Title\0x')));
    expect(await inspectFile(path)).toMatchObject({ infotext: text, tags: { Title: 'x' } });
  });

  it('in Latin-1 are still read', async () => {
    const latin = Buffer.from(`parameters\0ein Äpfelchen\n${settings}`, 'latin1');
    expect(await readInfotext(await pngWith(pngChunk('tEXt', latin)))).toBe(`ein Äpfelchen\n${settings}`);
  });

  it.each([
    ['no code', Buffer.from(text)],
    ['UTF-8 as UNICODE', Buffer.from(`UNICODE\0${text}`)],
    ['little-endian UNICODE', Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(text, 'utf16le')])],
    ['a byte order mark', Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(`\ufeff${text}`, 'utf16le')])],
    ['trailing NULs', Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(`${text}\0\0`, 'utf16le').swap16()])],
    ['UTF-8 as ASCII, with NULs', Buffer.from(`ASCII\0\0\0${text}\0\0`)],
    ['UTF-16 as ASCII', Buffer.concat([Buffer.from('ASCII\0\0\0'), Buffer.from(text, 'utf16le')])],
    ['UTF-16 without a code', Buffer.from(text, 'utf16le').swap16()],
    ['an undefined code', Buffer.from(`\0\0\0\0\0\0\0\0${text}`)],
    ['the code of JIS', Buffer.from(`JIS\0\0\0\0\0${text}`)],
  ])('of EXIF with %s are read whole', (_, comment) => {
    expect(readExifComment(exifWith(comment))).toBe(text);
  });
});
