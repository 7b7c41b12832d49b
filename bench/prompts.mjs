// Times the parsers of prompts over lengths from 1 kB to 1 MB: `node bench/prompts.mjs`. Time per kB stays about the same
// where they are linear.
import { parseAttention } from '../dist/diffusion/prompts/attention.js';
import { schedulePrompt } from '../dist/diffusion/prompts/schedule.js';

const kinds = {
  words: (length) => 'a red apple, '.repeat(length / 13),
  'nested brackets': (length) => `${'('.repeat(length / 2)}a${')'.repeat(length / 2)}`,
  'open brackets': (length) => '(a'.repeat(length / 2),
  'weights in brackets': (length) => `${'('.repeat(length / 7)}${'a:1.1)'.repeat(length / 7)}`,
  alternations: (length) => '[a|b]'.repeat(length / 5),
  'nested edits': (length) => `${'['.repeat(length / 3)}a${':3]'.repeat(length / 4)}`,
};
const lengths = [1e3, 1e4, 1e5, 1e6];
const steps = 20;

console.log(`Milliseconds for ${lengths.map((length) => `${length / 1000} kB`).join(', ')}; ${steps} steps`);
for (const [kind, promptOf] of Object.entries(kinds)) {
  const times = lengths.map((length) => bestOf(3, () => read(promptOf(length))));
  console.log(`${kind}: ${times.map((time) => time.toFixed(1)).join(', ')}`);
}

function read(prompt) {
  for (const text of new Set(schedulePrompt(prompt, steps).map((entry) => entry.text))) parseAttention(text);
}

function bestOf(rounds, work) {
  const times = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return Math.min(...times);
}
