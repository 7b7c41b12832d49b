// Renders the drawings named in subjects.txt: RGBA, one after another, in <work>/drawings.rgba, and their names
// in <work>/drawings.json.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';

const pixels = 104; // of a picture of 128: a margin all around, with room to move
const work = process.argv[2] ?? 'work';
const icons = createRequire(import.meta.url)('@iconify-json/fluent-emoji-flat/icons.json');

const subjects = readFileSync(new URL('./subjects.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [icon, names] = line.split('=').map((part) => part.trim());
    return { icon, names: names ? names.split(',').map((name) => name.trim()) : [icon.replaceAll('-', ' ')] };
  })
  .filter(({ icon }) => icons.icons[icon] || console.warn(`no drawing of ${icon}`));

const drawings = subjects.map(({ icon }) => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${icons.width} ${icons.height}">${icons.icons[icon].body}</svg>`;
  return new Resvg(svg, { fitTo: { mode: 'width', value: pixels } }).render().pixels;
});

mkdirSync(work, { recursive: true });
writeFileSync(join(work, 'drawings.rgba'), Buffer.concat(drawings));
writeFileSync(join(work, 'drawings.json'), JSON.stringify({ pixels, names: subjects.map(({ names }) => names) }));
console.log(`${drawings.length} drawings of ${pixels}×${pixels}`);
