// Writes docs/samplers.md from the tables of samplers and schedulers, and draws its pictures with the embedded model;
// with --check it only checks that the text is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { samplers } from '../dist/diffusion/samplers/index.js';
import { schedulers } from '../dist/diffusion/schedulers/index.js';
import { createEmbeddedHost } from '../dist/index.js';
import { sampleRow, writeSheet } from './samplers/sheet.mjs';
import { levelOptionsOf, planOf, traitsOf } from './samplers/traits.mjs';

const inDocs = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
const request = { model: 'emoji', prompt: 'an owl on teal', negativePrompt: '', seed: 7, steps: 10, cfgScale: 4 };
const requestedSteps = [10, 20, 60];

const text = `# Samplers and schedulers

The tables are made from the code by \`node scripts/write-samplers.mjs\`, which also draws the pictures. Names and aliases
are not case-sensitive: \`--sampler "DPM++ 2M" --scheduler Karras\` is the same as \`--sampler dpmpp_2m
--scheduler karras\`.

## Every sampler, step by step

![The steps of every sampler, one row each](images/samplers.webp)

*"${request.prompt}" by the embedded model, with seed ${request.seed}, CFG scale ${request.cfgScale} and ${request.steps} steps: up to seven of the denoised steps,
with their numbers, and the finished image.*

With only ten steps the samplers differ visibly. What looks wrong in the picture, and why:

- **PLMS** and, to a lesser degree, **LMS** end on blotches: the step to the lowest noise level is long in log σ, and they
  extrapolate over it from four slopes. The PLMS of diffusers does the same with this model and this noise. With 20 steps
  LMS is clean, and PLMS nearly so.
- **DPM fast** takes 4 steps when 10 are requested: too few here. With 20 it is clean.
- **DDIM CFG++** is pale because it divides the CFG scale by 12.5. With \`--cfg-scale 12\` it is as vivid as the others.
- **LCM** is for models that were distilled for it.

The coarse shapes and strong colours of early steps are typical of the embedded model, which is small.

## Samplers

*Steps* are those that a run reports when ${requestedSteps.join(', ')} are requested with the scheduler \`Automatic\`, which stands
for the one in the column of that name. *Evaluations* is the number of model evaluations in ${requestedSteps[1]} steps. *Noise* is what is
added during sampling by default: none, fresh noise, or that of a Brownian motion over the levels; *ancestral* steps denoise
below the next level, and fresh noise, as much as \`--eta\` says, brings them back up. *Options* are those that have an
effect; \`--s-churn\` adds noise to samplers that add none, between \`--s-tmin\` and \`--s-tmax\`, and \`--s-noise\` is a factor
on all noise. Prompt edits count two evaluations a step for second-order samplers.

${await samplerTable()}

DPM adaptive chooses its steps itself: their number depends on the image, but the movie still has its exact duration.
Restart goes back up from a low noise level once from 20 steps on, and twice from 36 on.

## Schedulers

![DPM++ 2M with every scheduler, one row each](images/schedulers.webp)

*The same with DPM++ 2M. Beta is spaced in σ, as in the web UI: with ten steps a single one leads from 0.72 to 0.029, where
DPM++ 2M overshoots.*

*Levels* are the first, the middle and the last noise level above 0 of ten steps with the embedded model.

${schedulerTable()}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(inDocs('samplers.md'), 'utf8') !== text) {
    console.error(
      'error: docs/samplers.md is not up to date: run npm run build:node && node scripts/write-samplers.mjs',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(inDocs('samplers.md'), text);
  await drawSheets();
}

async function samplerTable() {
  const rows = [];
  for (const row of samplers) {
    const { noise, evaluations, options } = await traitsOf(row);
    const plans = requestedSteps.map((steps) => planOf(row.name, steps));
    const isKnown = plans.every(({ exact }) => exact);
    rows.push([
      row.name,
      codes(row.aliases),
      isKnown ? plans.map(({ steps }) => steps).join(', ') : 'as needed',
      isKnown ? evaluations : 'as needed',
      row.secondOrder ? 'yes' : '',
      noise,
      row.automaticScheduler,
      codes(options.map((option) => `--${option}`)),
      linked(row.source),
    ]);
  }
  const heads = [
    'Sampler',
    'Aliases',
    'Steps',
    'Evaluations',
    'Second order',
    'Noise',
    'Automatic',
    'Options',
    'Source',
  ];
  return table(heads, rows);
}

function schedulerTable() {
  const rows = schedulers.map(({ name, aliases, source }) => {
    const plans = requestedSteps.map((steps) => planOf('Euler', steps, { scheduler: name }));
    const levels = plans[0].sigmas.filter((sigma) => sigma > 0);
    const shown = [levels[0], levels[Math.floor(levels.length / 2)], levels.at(-1)];
    return [
      name,
      codes(aliases),
      plans.map(({ steps }) => steps).join(', '),
      shown.map((sigma) => sigma.toPrecision(3)).join(', '),
      codes(levelOptionsOf(name).map((option) => `--${option}`)),
      linked(source),
    ];
  });
  return table(['Scheduler', 'Aliases', 'Steps', 'Levels', 'Options', 'Source'], rows);
}

/** `Ho et al. 2020, arXiv:2006.11239; Forge, github.com/…` with links in place of the numbers and addresses. */
function linked(source) {
  const links = [
    [/^(.*), arXiv:(.*)$/, '[$1](https://arxiv.org/abs/$2)'],
    [/^(.*), (github\.com\/.*)$/, '[$1](https://$2)'],
  ];
  const link = (text) => links.reduce((linked, [pattern, replacement]) => linked.replace(pattern, replacement), text);
  return source.split('; ').map(link).join('; ');
}

function codes(words) {
  return words.map((word) => `\`${word}\``).join(', ');
}

function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function drawSheets() {
  const host = createEmbeddedHost();
  const row = (label, change) => sampleRow(host, label, { ...request, ...change });
  const [bySampler, byScheduler] = [[], []];
  for (const { name } of samplers) bySampler.push(await row(name, { sampler: name }));
  for (const { name } of schedulers) byScheduler.push(await row(name, { sampler: 'DPM++ 2M', scheduler: name }));
  await host[Symbol.asyncDispose]();
  await writeSheet(inDocs('images/samplers.webp'), bySampler);
  await writeSheet(inDocs('images/schedulers.webp'), byScheduler);
}
