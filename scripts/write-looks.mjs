// Writes docs/looks.md, and a small moving picture of each look into docs/images: `node scripts/write-looks.mjs`, after
// `npm run build`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { animate } from '../dist/app/animate.js';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { defaultLook, looks } from '../dist/options/looks.js';
import { kebabCase } from '../dist/util/letter-case.js';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'looks-'));
const request = { prompt: 'a red apple', seed: 42, steps: 20 };
/** Longer side of the moving pictures, in pixels. */
const side = 160;

const host = createEmbeddedHost();
const shown = [];
for (const [name, { purpose, options }] of Object.entries(looks)) {
  const [movie] = await animate({ host, request, animation: { look: name, ...small(options) }, outdir: work });
  writeFileSync(join(docs, 'images', `look-${name}.webp`), readFileSync(movie.path));
  shown.push({ name, purpose, options });
}
await host[Symbol.asyncDispose]();
rmSync(work, { recursive: true });
writeFileSync(join(docs, 'looks.md'), page());

/** Options for a moving picture in a page: the look in the shape that it has, but small, and in a file that loops. */
function small({ size }) {
  const [width, height = width] = size.split('x').map(Number);
  const longer = Math.max(width, height);
  const fitted = size === 'auto' ? String(side) : `${even((width / longer) * side)}x${even((height / longer) * side)}`;
  return { codec: 'webp', fps: 15, size: fitted, minSize: 0 };
}

function even(length) {
  return 2 * Math.round(length / 2);
}

function page() {
  const names = shown.map(({ name }) => name);
  const rows = Object.keys(looks[defaultLook].options).map(
    (option) => `| \`--${kebabCase(option)}\` | ${shown.map(({ options }) => `\`${options[option]}\``).join(' | ')} |`,
  );
  return `# Looks

A look is a named set of options for a movie: \`--look story\`, or \`look\` in the APIs, the page, the web UI extension, the
ComfyUI node and Python. All other options come on top of it: \`--look story --duration 6\`. \`${defaultLook}\` is the one that is
taken if none is named; the web UIs' API and the positional arguments of the original script mean \`classic\`, unless a look
is named.

${shown.map(({ name, purpose }) => `**\`${name}\`**: ${purpose}.\n\n![${name}](images/look-${name}.webp)`).join('\n\n')}

## Their values

| | ${names.map((name) => `\`${name}\``).join(' | ')} |
| --- | ${names.map(() => '---').join(' | ')} |
${rows.join('\n')}

The duration is that of the development; noise and holds come on top of it.

## Looks of your own

\`steps-animation.config.json\`, in the working folder or in the user's config folder, can have more, each on top of one of
these; the page offers them, and \`POST /api/v1/looks\` adds one.

\`\`\`json
{
  "looks": {
    "slow loop": { "look": "loop", "duration": 8, "codec": "webp" }
  }
}
\`\`\`

This page is made by \`node scripts/write-looks.mjs\`; a look is one row of \`src/options/looks.ts\`.
`;
}
