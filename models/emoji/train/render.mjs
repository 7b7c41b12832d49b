// Renders the drawings of all subjects in subjects.txt, from every set that has them: RGBA, one after another, in
// <work>/drawings.rgba, and what they show in <work>/drawings.json. Usage: node render.mjs [work folder] [side of a picture]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';

const require = createRequire(import.meta.url);
const work = process.argv[2] ?? 'work';
/** Sides of a picture and of a drawing, which has a margin all around, in pixels. */
const size = Number(process.argv[3] ?? 128);
const pixels = Math.round(size * 0.8125);

/** The word by which captions ask for the style of a set. */
const styles = { 'fluent-emoji-flat': 'flat', noto: 'cartoon', twemoji: 'simple' };
/** Synonyms that stand for no more subjects than this are names; others, such as "food", are categories. */
const mostSubjectsOfName = 2;

const slug = (label) =>
  label
    .toLowerCase()
    .replace(/[’'“”.!]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
const emoji = new Map(require('emojibase-data/en/data.json').map((each) => [slug(each.label), each]));
const groups = require('emojibase-data/meta/groups.json').subgroups;

const subjects = readFileSync(new URL('./subjects.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [icon, names] = line.split('=').map((part) => part.trim());
    const { tags = [], subgroup } = emoji.get(icon) ?? {};
    const own = names ? names.split(',').map((name) => name.trim()) : [icon.replaceAll('-', ' ')];
    return { icon, names: own, tags, group: groups[subgroup] ?? '' };
  });

const uses = new Map();
for (const word of subjects.flatMap(({ names, tags }) => [...new Set([...names, ...tags])])) {
  uses.set(word, (uses.get(word) ?? 0) + 1);
}
const facts = subjects.map(({ icon, names, tags, group }) => ({
  icon,
  group,
  names,
  synonyms: tags.filter((tag) => !names.includes(tag) && uses.get(tag) <= mostSubjectsOfName),
  categories: tags.filter((tag) => uses.get(tag) > mostSubjectsOfName),
}));

const drawings = [];
const pictures = [];
for (const [set, style] of Object.entries(styles)) {
  const { icons, aliases = {}, width, height } = require(`@iconify-json/${set}/icons.json`);
  for (const [subject, { icon }] of subjects.entries()) {
    const found = icons[icon] ?? icons[aliases[icon]?.parent];
    if (!found) {
      console.warn(`${set} has no ${icon}`);
      continue;
    }
    const wide = found.width ?? width;
    const high = found.height ?? height;
    const side = Math.max(wide, high);
    // A square with the drawing in its middle.
    const box = `${(wide - side) / 2} ${(high - side) / 2} ${side} ${side}`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="${box}">${found.body}</svg>`;
    drawings.push({ subject, style });
    pictures.push(new Resvg(svg, { fitTo: { mode: 'width', value: pixels } }).render().pixels);
  }
}

mkdirSync(work, { recursive: true });
writeFileSync(join(work, 'drawings.rgba'), Buffer.concat(pictures));
writeFileSync(join(work, 'drawings.json'), JSON.stringify({ size, pixels, subjects: facts, drawings }));
console.log(`${subjects.length} subjects, ${drawings.length} drawings of ${pixels}×${pixels}`);
