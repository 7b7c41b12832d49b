import { comfyuiSettings, isComfyuiGraph } from './comfyui-graph.js';
import {
  isJsonObject,
  type JsonObject,
  modelName,
  type OtherSettings,
  samplerFields,
  sizeField,
} from './other-settings.js';
import { joinInfotext } from './parse-infotext.js';

/** Texts of a file in the order in which programs are recognised by them. */
const keywords = [
  'parameters',
  'comment',
  'invokeai_metadata',
  'sd-metadata',
  'Comment',
  'prompt',
  'workflow',
] as const;

/**
 * The infotext of an image that any known program made, from the texts in its file.
 * @param texts by their keywords in PNG; `comment`: of EXIF or of a movie; `XML:com.adobe.xmp`: XMP
 * @returns undefined if there is none
 */
export function infotextOf(texts: ReadonlyMap<string, string>): string | undefined {
  for (const keyword of keywords) {
    const text = texts.get(keyword);
    const settings = text === undefined ? undefined : settingsOf(text, texts);
    if (settings) return format(settings);
  }
  const xmp = xmpComment(texts.get('XML:com.adobe.xmp') ?? '');
  const settings = xmp === undefined ? undefined : settingsOf(xmp, texts);
  if (settings) return format(settings);
  const dream = texts.get('Dream');
  if (dream !== undefined) return format(dreamSettings(dream));
  return texts.get('parameters') ?? texts.get('comment');
}

/** Web UIs take a last line of fewer settings for a part of the prompt. */
const minSettings = 3;

function format({ prompt, negativePrompt, fields }: OtherSettings): string {
  const known = fields.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return joinInfotext(prompt, negativePrompt, known.length < minSettings ? [] : known);
}

/** The settings that a JSON text of a known program states; undefined for other text. */
function settingsOf(text: string, texts: ReadonlyMap<string, string>): OtherSettings | undefined {
  const json = parseObject(text);
  if (!json) return undefined;
  // Movies of ComfyUI, and NovelAI in WebP, have all of it in one JSON text.
  const inner = ['Comment', 'prompt', 'workflow'].find((name) => parseObject(json[name]));
  if (inner !== undefined && !isComfyuiGraph(json)) {
    const strings = Object.entries(json).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    const nested = parseObject(json[inner]);
    return nested && settingsOf(JSON.stringify(nested), new Map(strings));
  }
  const recognised = readers.find(({ matches }) => matches(json));
  return recognised?.read(json, texts);
}

type Reader = {
  readonly matches: (json: JsonObject) => boolean;
  readonly read: (json: JsonObject, texts: ReadonlyMap<string, string>) => OtherSettings;
};

const readers: readonly Reader[] = [
  { matches: (json) => 'sui_image_params' in json, read: (json) => swarmSettings(objectOf(json.sui_image_params)) },
  { matches: (json) => 'uc' in json && 'c' in json, read: drawThingsSettings },
  { matches: (json) => 'uc' in json && ('scale' in json || 'sampler' in json), read: novelaiSettings },
  {
    matches: (json) => 'guidance_scale' in json || 'base_model' in json || 'Guidance Scale' in json,
    read: fooocusSettings,
  },
  {
    matches: (json) => 'positive_prompt' in json || 'app_version' in json || 'model_weights' in json,
    read: invokeSettings,
  },
  { matches: isComfyuiGraph, read: comfyuiSettings },
];

/** SwarmUI: `parameters` with `sui_image_params`. Source: its docs, "Image Metadata Format". */
function swarmSettings(params: JsonObject): OtherSettings {
  return {
    prompt: textOf(params.prompt),
    negativePrompt: textOf(params.negativeprompt),
    fields: [
      ['Steps', params.steps],
      ...samplerFields(params.sampler, params.scheduler),
      ['CFG scale', params.cfgscale],
      ['Seed', params.seed],
      ...sizeField(params.width, params.height),
      ['Model', params.model],
    ],
  };
}

/** Draw Things: XMP with a user comment in JSON, `c` is the prompt and `uc` the negative one. */
function drawThingsSettings(json: JsonObject): OtherSettings {
  return {
    prompt: textOf(json.c),
    negativePrompt: textOf(json.uc),
    fields: [
      ['Steps', json.steps],
      ...samplerFields(json.sampler),
      ['CFG scale', json.scale],
      ['Seed', json.seed],
      ['Size', json.size],
      ['Model', json.model],
    ],
  };
}

/** NovelAI: `Comment` in JSON, and the prompt in `Description` with the older models. */
function novelaiSettings(json: JsonObject, texts: ReadonlyMap<string, string>): OtherSettings {
  const captionOf = (value: unknown) => textOf(objectOf(objectOf(value).caption).base_caption);
  return {
    prompt: textOf(json.prompt) || captionOf(json.v4_prompt) || (texts.get('Description') ?? ''),
    negativePrompt: textOf(json.uc) || captionOf(json.v4_negative_prompt),
    fields: [
      ['Steps', json.steps],
      ...samplerFields(json.sampler, json.noise_schedule),
      ['CFG scale', json.scale],
      ['Seed', json.seed],
      ...sizeField(json.width, json.height),
      ['Model', texts.get('Source')],
    ],
  };
}

/** Fooocus: `parameters` or the user comment in JSON; its log and older versions have labels for names. */
function fooocusSettings(json: JsonObject): OtherSettings {
  const first = (...names: readonly string[]) => names.map((name) => json[name]).find((value) => value !== undefined);
  const [, width, height] = /(\d+)\D+(\d+)/u.exec(String(first('resolution', 'Resolution') ?? '')) ?? [];
  return {
    prompt: textOf(first('prompt', 'Prompt')),
    negativePrompt: textOf(first('negative_prompt', 'Negative Prompt')),
    fields: [
      ['Steps', first('steps', 'Steps')],
      ...samplerFields(first('sampler', 'Sampler'), first('scheduler', 'Scheduler')),
      ['CFG scale', first('guidance_scale', 'Guidance Scale')],
      ['Seed', first('seed', 'Seed')],
      ...sizeField(width, height),
      ['Model', modelName(first('base_model', 'Base Model'))],
    ],
  };
}

/** InvokeAI: `invokeai_metadata` since version 3, `sd-metadata` in version 2. */
function invokeSettings(json: JsonObject): OtherSettings {
  const image = 'image' in json ? objectOf(json.image) : json;
  const parts = Array.isArray(image.prompt) ? image.prompt.map((part) => textOf(objectOf(part).prompt)) : [];
  const together = parts.join(' ') || textOf(image.prompt);
  const [, positive = together, negative = ''] = /^(.*?)\[(.*?)\]\s*$/su.exec(together) ?? [];
  return {
    prompt: textOf(json.positive_prompt) || positive.trim(),
    negativePrompt: textOf(json.negative_prompt) || negative,
    fields: [
      ['Steps', image.steps],
      ...samplerFields(image.scheduler ?? image.sampler),
      ['CFG scale', image.cfg_scale],
      ['Seed', image.seed],
      ...sizeField(image.width, image.height),
      [
        'Model',
        textOf(objectOf(json.model).name) || textOf(objectOf(json.model).model_name) || textOf(json.model_weights),
      ],
    ],
  };
}

/** InvokeAI, version 1: `"a cat" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms`. */
function dreamSettings(text: string): OtherSettings {
  const [, quoted = '', flags = ''] = /^"(.*)"(.*)$/su.exec(text.trim()) ?? [undefined, text];
  const flag = (name: string) => new RegExp(`\\s-${name}\\s*(\\S+)`, 'u').exec(flags)?.[1];
  const [, positive = quoted, negative = ''] = /^(.*?)\[(.*?)\]\s*$/su.exec(quoted) ?? [];
  return {
    prompt: positive.trim(),
    negativePrompt: negative,
    fields: [
      ['Steps', flag('s')],
      ...samplerFields(flag('A')),
      ['CFG scale', flag('C')],
      ['Seed', flag('S')],
      ...sizeField(flag('W'), flag('H')),
    ],
  };
}

/** The user comment in XMP, as Draw Things writes it. */
function xmpComment(xmp: string): string | undefined {
  const [, comment] = /<exif:UserComment\b[^>]*>(.*?)<\/exif:UserComment>/su.exec(xmp) ?? [];
  const [, item = comment] = /<rdf:li\b[^>]*>(.*?)<\/rdf:li>/su.exec(comment ?? '') ?? [];
  return item
    ?.replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replace(/&#(?:x([\da-f]{1,6})|(\d{1,7}));/giu, (all: string, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : all;
    })
    .replaceAll('&amp;', '&');
}

function parseObject(value: unknown): JsonObject | undefined {
  if (typeof value !== 'string') return isJsonObject(value) ? value : undefined;
  if (!value.trimStart().startsWith('{')) return undefined;
  // Python writes numbers that JSON does not have. Seeds of more digits than numbers hold stay text.
  const text = value
    .replace(/(:\s*|,\s*|\[\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])/gu, '$1null')
    .replace(/("[\w ]*[Ss]eed"\s*:\s*)(\d{16,})/gu, '$1"$2"');
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
