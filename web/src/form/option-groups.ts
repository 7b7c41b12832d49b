import type { OptionShape } from '../api/types.js';
import type { Words } from '../words/words.js';

/** A group of the list of all options; its name is one of the words. */
export type OptionGroup = {
  readonly name: keyof Words['groups'];
  /** names of options, in order; those that the service does not have are left out */
  readonly options: readonly string[];
};

/** Options of the movie. Those that are not named anywhere here come under *more*, before those for experts. */
export const movieGroups: readonly OptionGroup[] = [
  {
    name: 'time',
    options: ['duration', 'pacing', 'noiseDuration', 'firstFrameDuration', 'lastFrameDuration', 'loop', 'fps'],
  },
  { name: 'steps', options: ['content', 'skipSteps', 'every', 'stopAt', 'passes'] },
  { name: 'between', options: ['interpolation'] },
  { name: 'shape', options: ['size', 'fit', 'paddingColour', 'minSize', 'scaling'] },
  { name: 'onIt', options: ['caption', 'progress', 'progressLine', 'filmStrip', 'grid'] },
  { name: 'more', options: [] },
  {
    name: 'expert',
    options: [
      ...['codec', 'encoderSettings', 'createAnimation', 'runIncomplete', 'deleteIntermediate'],
      ...['intermediateFormat', 'intermediateQuality', 'animationPath', 'intermediatePath', 'debug'],
    ],
  },
];

/** Options of the picture that are not in the compact rows. */
export const pictureGroups: readonly OptionGroup[] = [
  { name: 'secondPass', options: ['hiresScale', 'hiresUpscaler', 'hiresSteps', 'hiresDenoisingStrength'] },
  {
    name: 'seed',
    options: ['variationStrength', 'variationSeed', 'seedResizeFromWidth', 'seedResizeFromHeight', 'rng'],
  },
  { name: 'guidance', options: ['guidanceRescale', 'clipSkip'] },
  { name: 'sampler', options: ['eta', 'sigmaMin', 'sigmaMax', 'rho', 'sChurn', 'sTmin', 'sTmax', 'sNoise'] },
  { name: 'more', options: [] },
  { name: 'making', options: ['batchSize', 'preview'] },
];

/** Options that have a place of their own outside of the list. */
export const rowOptions: readonly string[] = [
  ...[
    'look',
    'prompt',
    'negativePrompt',
    'model',
    'width',
    'height',
    'sampler',
    'scheduler',
    'steps',
    'cfgScale',
    'seed',
  ],
  'batchCount',
];

/** The options of each group; groups without any are left out. */
export function inGroups(
  groups: readonly OptionGroup[],
  options: readonly OptionShape[],
): readonly { readonly name: OptionGroup['name']; readonly options: readonly OptionShape[] }[] {
  const named = new Set([...rowOptions, ...groups.flatMap((group) => group.options)]);
  const others = options.filter(({ name }) => !named.has(name));
  return groups
    .map(({ name, options: names }) => ({
      name,
      options: name === 'more' ? others : names.flatMap((each) => options.filter((option) => option.name === each)),
    }))
    .filter((group) => group.options.length > 0);
}

/** Further names of options, by which people look for them. */
const otherNames: Readonly<Record<string, string>> = {
  cfgScale: 'guidance cfg',
  hiresScale: 'hires fix high-res second pass upscale',
  batchSize: 'batch size',
  batchCount: 'batch count',
  variationSeed: 'subseed',
  variationStrength: 'subseed strength',
  encoderSettings: 'quality crf',
  codec: 'format x264 h264 av1 gif webp',
  loop: 'boomerang ping-pong',
  interpolation: 'mci optical flow',
};

/** Whether an option is meant by what somebody looks for: its label here, its former one, its name, or what it does. */
export function matches(option: OptionShape, label: string, text: string): boolean {
  const haystack = [label, option.label, option.name, option.help, otherNames[option.name], ...(option.choices ?? [])]
    .join(' ')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => haystack.includes(word));
}
