import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { expect, it } from 'vitest';
import { chunkTokens } from '#src/diffusion/prompts/chunks.js';
import { PromptTokenizer } from '#src/diffusion/prompts/tokenizer.js';

const folderOf = (model: string) => fileURLToPath(new URL(`../../../${model}/tokenizer`, import.meta.url));

it.each([
  ['only a start', 'models/emoji'],
  ['a start and an end', 'test/fixtures/tiny-model'],
])('with %s of its own gives a chunk the marks that the tokenizer itself gives it', async (_, model) => {
  const tokenizer = await PromptTokenizer.load(folderOf(model));
  const [rules, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => read(model, name)),
  );
  const whole = new Tokenizer(rules as object, config as object);
  for (const text of ['a red apple', 'a cat, an owl', ',', '']) {
    const ids = tokenizer.tokensOf(text);
    const [chunk] = chunkTokens([{ kind: 'text', ids, weight: 1 }], { ...tokenizer.rules, backtrack: 20 });
    const expected = whole.encode(text).ids;
    const padding = new Array(tokenizer.rules.length - expected.length).fill(tokenizer.rules.padding);
    expect(chunk?.ids).toEqual([...expected, ...padding]);
  }
});

async function read(model: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(`${folderOf(model)}/${name}`, 'utf8'));
}
