import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { hostKinds } from '#src/hosts/host-kinds.js';
import { unsupportedOptions } from '#src/hosts/option-support.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { describeOptions } from '#src/options/describe-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  img2imgOptionsSchema,
} from '#src/options/generation-options.js';
import { labelInSentence, rowsOf } from '#src/options/option.js';
import type { AnimationOptionsInput, GenerationOptionsInput, Img2imgOptionsInput } from '#src/options/option-types.js';
import { otherValue } from '../helpers/options.js';

const rows = rowsOf(generationOptionsSchema);
const options = describeOptions(generationOptionsSchema);
const programs = Object.values(hostKinds).flatMap(({ remote }) => (remote ? [remote.program] : []));

describe.each(programs)('with $name', ({ name: program, options: support }) => {
  it.each(options)('$name is taken, refused or reported, or is a detail of one that is', (option) => {
    const name = option.name as keyof GenerationOptions;
    const { partOf } = rows[name];
    const set = { [name]: otherValue(option), ...(partOf && { [partOf]: partOf === 'variationStrength' ? 0.5 : 8 }) };
    const check = () => unsupportedOptions(generationOptionsSchema.parse(set), program, support);
    const decisive = partOf ?? name;
    const label = labelInSentence(rows[decisive]);
    if (support.taken.includes(name)) expect(check()).toEqual([]);
    else if (support.refused?.[decisive] === undefined) expect(check()).toEqual([label]);
    else expect(check).toThrow(new RegExp(`does not support ${label}: leave it at`, 'u'));
  });
});

it('no two options have the same name in requests or settings of the web UIs', () => {
  const names = Object.values(rows).flatMap(({ webui }) => (webui ? [webui.field ?? webui.setting] : []));
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

it('the types of the library have every option', () => {
  expectTypeOf<GenerationOptionsInput>().toEqualTypeOf<z.input<typeof generationOptionsSchema>>();
  expectTypeOf<Img2imgOptionsInput>().toEqualTypeOf<z.input<typeof img2imgOptionsSchema>>();
  expectTypeOf<AnimationOptionsInput>().toEqualTypeOf<z.input<typeof animationOptionsSchema>>();
});

it.each([...options, ...describeOptions(img2imgOptionsSchema), ...describeOptions(animationOptionsSchema)])(
  'an editor shows the help of $name, from the declarations that the package has',
  ({ name, help }) => {
    const declarations = readFileSync(
      fileURLToPath(new URL('../../dist/options/option-types.d.ts', import.meta.url)),
      'utf8',
    );
    const [, comment] = new RegExp(`/\\*\\* (.*) \\*/\\n +${name}\\?: `, 'u').exec(declarations) ?? [];
    expect(comment?.toLowerCase()).toContain(help.toLowerCase());
    expect(comment).toContain('Default ');
  },
);
