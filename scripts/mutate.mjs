// Changes the sources in small ways, one at a time, in a copy of this folder, and runs the tests that should notice.
//   node scripts/mutate.mjs [room …] [--max 40] [--seed 1] [--write]
// Rooms are those of the table below. Takes a sample of at most `--max` mutants of each room, by `--seed`; `--write`
// puts the scores and the survivors of these rooms into bench/results/mutation.json and docs/mutation.md.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSync } from 'oxc-parser';

/** Which sources are changed, and which tests should notice. */
const rooms = {
  timeline: { sources: ['src/movie/timeline.ts'], tests: ['test/movie/timeline.test.ts'] },
  recording: { sources: ['src/recording'], tests: ['test/recording', 'test/app'] },
  movie: { sources: ['src/movie'], tests: ['test/movie', 'test/recording'] },
  jobs: { sources: ['src/service/jobs'], tests: ['test/service'] },
};

const swaps = {
  ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===' },
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '&&': '||', '||': '&&', '??': '&&' },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    max: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');
const folder = copyOfProject();
const resultsFile = join(root, 'bench/results/mutation.json');
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(rooms)) {
    const result = tryRoom(name, rooms[name]);
    if (values.write) addToReport(name, result);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function addToReport(name, result) {
  const known = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
  const results = { ...known, [name]: result };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(root, 'docs/mutation.md'), report(results));
}

/** Tries a sample of the mutants of a room. */
function tryRoom(name, { sources, tests }) {
  const all = sources.flatMap(filesBelow).flatMap(mutantsOf);
  const chosen = sample(all, Number(values.max), Number(values.seed));
  const survivors = [];
  for (const [index, mutant] of chosen.entries()) {
    const isNoticed = tryMutant(mutant, tests);
    if (!isNoticed) survivors.push(mutant);
    console.log(`${name} ${index + 1}/${chosen.length}: ${isNoticed ? 'noticed ' : 'SURVIVED'} ${describe(mutant)}`);
  }
  return { mutants: all.length, tried: chosen.length, seed: Number(values.seed), survivors };
}

/** Whether the tests fail with the mutant, or do not end. */
function tryMutant({ file, start, end, text }, tests) {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  try {
    writeFileSync(path, original.slice(0, start) + text + original.slice(end));
    run('tsc', ['-p', '.', '--noCheck']);
    markAsBuilt();
    return run('vitest', ['run', ...tests, '--bail', '1', '--reporter', 'dot'], 600_000).status !== 0;
  } finally {
    writeFileSync(path, original);
    run('tsc', ['-p', '.', '--noCheck']);
  }
}

/** Single changes of a file's code: another operator, number, truth value or branch, or a statement less. */
function mutantsOf(file) {
  const code = readFileSync(join(root, file), 'utf8');
  const mutants = [];
  const add = (start, end, text) =>
    mutants.push({ file, start, end, text, original: code.slice(start, end), line: lineOf(code, start) });
  visit(parseSync(file, code).program, (node, parent) => {
    if (node.type === 'BinaryExpression' || node.type === 'LogicalExpression') {
      const between = code.slice(node.left.end, node.right.start);
      const at = node.left.end + between.indexOf(node.operator);
      if (swaps[node.operator]) add(at, at + node.operator.length, swaps[node.operator]);
    }
    if (node.type === 'Literal' && typeof node.value === 'number' && parent.type !== 'TSLiteralType')
      add(node.start, node.end, String(node.value + 1));
    if (node.type === 'Literal' && typeof node.value === 'boolean' && parent.type !== 'TSLiteralType')
      add(node.start, node.end, String(!node.value));
    if (node.type === 'IfStatement')
      add(node.test.start, node.test.end, `!(${code.slice(node.test.start, node.test.end)})`);
    if (
      node.type === 'ExpressionStatement' &&
      /Call|Await|Assignment/.test(node.expression.type) &&
      parent.type === 'BlockStatement'
    )
      add(node.start, node.end, ';');
  });
  return mutants;
}

function visit(node, see, parent = {}) {
  if (node.type) see(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || value === null || typeof value !== 'object') continue;
    for (const child of Array.isArray(value) ? value : [value]) if (child?.type) visit(child, see, node);
  }
}

/** The same mutants for the same seed: ordered by a hash of their number (Knuth's multiplicative one). */
function sample(mutants, max, seed) {
  const rank = (index) => Math.imul(index + seed, 2654435761) >>> 0;
  const order = mutants.map((_, index) => index).sort((a, b) => rank(a) - rank(b));
  return order
    .slice(0, max)
    .sort((a, b) => a - b)
    .map((index) => mutants[index]);
}

function filesBelow(path) {
  if (path.endsWith('.ts')) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => name.endsWith('.ts') && !name.includes('assembly') && !name.endsWith('.d.ts'));
}

function copyOfProject() {
  const copy = mkdtempSync(join(tmpdir(), 'steps-animation-mutants-'));
  const left = ['node_modules', '.git', 'outputs', 'coverage'].map((name) => join(root, name));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.includes(path), preserveTimestamps: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function run(program, args, timeout) {
  const bin = join(folder, 'node_modules', '.bin', program);
  return spawnSync(bin, args, { cwd: folder, timeout, killSignal: 'SIGKILL', stdio: 'ignore' });
}

/** Keeps the tests' set-up from building what tsc has just written. */
function markAsBuilt() {
  const later = new Date(Date.now() + 60_000);
  for (const part of ['node', 'web']) utimesSync(join(folder, 'dist', `.built-${part}`), later, later);
}

function lineOf(code, position) {
  return code.slice(0, position).split('\n').length;
}

function describe({ file, line, original, text }) {
  return `${relative('', file)}:${line} \`${short(original)}\` → \`${short(text)}\``;
}

function short(text) {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

function report(results) {
  const rows = Object.entries(results).map(([name, { mutants, tried, survivors }]) => {
    const score = Math.round(((tried - survivors.length) / tried) * 100);
    return `| ${name} | ${mutants} | ${tried} | ${tried - survivors.length} | ${score} % |`;
  });
  const survivors = Object.values(results).flatMap((result) =>
    result.survivors.map((mutant) => `- ${describe(mutant)}`),
  );
  return `# Mutation testing

Made by \`node scripts/mutate.mjs --write\`: the sources are changed in small ways, one at a time (another operator, number,
truth value or branch, a statement less), and the tests that should notice are run. Of each room a sample is tried.

| Room | Mutants | Tried | Noticed | Score |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Survivors
Some make no difference to what the code does, such as a larger buffer; those that matter get a test.

${survivors.join('\n')}
`;
}
