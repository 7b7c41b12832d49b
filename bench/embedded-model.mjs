import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { median, round } from './statistics.mjs';

const root = join(import.meta.dirname, '..');
const python = process.env.PYTHON ?? 'python3';
const train = join(root, 'models', 'emoji', 'train');

/** 20 steps of Euler a with CFG in a process of their own, twice: what is slower the first time is loading. */
const ours = `
  import { createEmbeddedHost } from './dist/hosts/embedded/host.js';
  const host = createEmbeddedHost();
  const request = { model: 'emoji', prompt: 'a red apple', sampler: 'Euler a', steps: 20, cfgScale: 4 };
  for (const seed of [1, 2, 3]) {
    const begun = performance.now();
    const steps = [];
    for await (const { type } of host.generate({ ...request, seed })) if (type === 'step') steps.push(performance.now());
    console.log((performance.now() - begun) / 1000, (steps.at(-1) - steps[0]) / 19);
  }
  await host[Symbol.asyncDispose]();`;

/** The same with the script that draws the sheet of the model card, in Python's onnxruntime. */
const theirs = `
import sys, time
sys.path.insert(0, ${JSON.stringify(train)})
from pathlib import Path
from sample import Model
begun = time.perf_counter()
model = Model(Path(${JSON.stringify(join(train, '..'))}))
for seed in (1, 2, 3):
    model.draw('a red apple', seed, 20, 4)
    print(time.perf_counter() - begun)
    begun = time.perf_counter()`;

/** Loading, a step and a run of the model that comes with the project, beside its own evaluation's script in Python. */
export async function measureEmbeddedModel(rounds) {
  const measured = { ours: [], theirs: [] };
  for (let index = 0; index < rounds; index++) {
    const [first, second, third] = lines(process.execPath, ['--input-type=module', '-e', ours]) ?? [];
    const seconds = (second[0] + third[0]) / 2;
    measured.ours.push({ load: first[0] - seconds, step: second[1], run: seconds });
    const peer = lines(python, ['-c', theirs]);
    if (peer) measured.theirs.push({ load: peer[0][0] - peer[1][0], run: (peer[1][0] + peer[2][0]) / 2 });
  }
  const middle = (kind, name) =>
    measured[kind].length ? round(median(measured[kind].map((each) => each[name]))) : null;
  const result = {
    loadSeconds: middle('ours', 'load'),
    stepMs: middle('ours', 'step'),
    runSeconds: middle('ours', 'run'),
    peerLoadSeconds: middle('theirs', 'load'),
    peerRunSeconds: middle('theirs', 'run'),
  };
  console.log('\nembedded: 20 steps of the embedded model, Euler a, CFG');
  console.table(result);
  return result;
}

/** The numbers that a program prints, a line each; undefined if it fails. */
function lines(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0
    ? stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map(Number))
    : undefined;
}
