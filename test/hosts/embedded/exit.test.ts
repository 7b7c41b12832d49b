import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tinyRequest } from '../generate.js';

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const host = new URL('../../../dist/hosts/embedded/host.js', import.meta.url);

/** Runs a program that generates without ever disposing of its host, and does `then` at the third step. */
function runProgram(then: string) {
  const program = `
    import { createEmbeddedHost } from ${JSON.stringify(host.href)};
    const host = createEmbeddedHost({ modelsFolder: ${JSON.stringify(fixtures)} });
    const request = ${JSON.stringify({ ...tinyRequest, steps: 100 })};
    for await (const event of host.generate(request)) {
      if (event.type === 'step') event.picture('denoised').catch(() => {});
      if (event.type === 'step' && event.step === 3) { ${then} }
    }`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 60_000 });
}

it.each([
  ['ends by itself when its images are made', '', 0],
  ['ends by itself when it stops listening', 'break;', 0],
  ['ends as it wishes in the midst of sampling', 'process.exit(3);', 3],
  ['ends with its own error in the midst of sampling', "throw new Error('of its own');", 1],
])('a program %s', (_, then, status) => {
  const result = runProgram(then);
  expect(result.status).toBe(status);
  if (status !== 1) expect(result.stderr).toBe('');
});

it.each([
  ['only prepared', tinyRequest, ''],
  ['disposed of while it prepares', tinyRequest, 'await host[Symbol.asyncDispose]();'],
  ['prepared for a model that there is not', { ...tinyRequest, model: 'none' }, ''],
])('a program ends by itself whose host was %s', (_, request, then) => {
  const program = `
    import { createEmbeddedHost } from ${JSON.stringify(host.href)};
    const host = createEmbeddedHost({ modelsFolder: ${JSON.stringify(fixtures)} });
    host.prepare(${JSON.stringify(request)});
    ${then}`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(result).toMatchObject({ status: 0, stderr: '' });
});
