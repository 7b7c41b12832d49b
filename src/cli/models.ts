import type { Command } from 'commander';
import { locateModels } from '../models/models-folders.js';
import type { PullEvent } from '../models/pull.js';
import { withInterruption } from './exit.js';
import { modelsDirOption } from './flags.js';
import { printJson, printTable } from './output.js';
import { createProgressDisplay, formatBytes } from './progress.js';

type ModelsFlags = { readonly modelsDir?: string; readonly json?: boolean };

/** `models`: lists the models and downloads more. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('list the models, or download one (docs/models.md)')
    .addHelpText('after', '\nExample:\n  $ steps-animation models list');
  const add = (name: string, description: string, example: string) =>
    models
      .command(name)
      .description(description)
      .addOption(modelsDirOption())
      .addHelpText('after', `\nExample:\n  $ steps-animation models ${example}`);
  add('list', 'list the models of this package and the downloaded ones', 'list')
    .option('--json', 'print one JSON object per line')
    .action(list);
  add('pull', 'download a model from a hub, or resume a download', 'pull owner/name')
    .argument(
      '<repository>',
      'a repository in the diffusers ONNX layout, as owner/name or owner/name@revision, or a short name (docs/models.md)',
    )
    .option('--json', 'print one JSON object per line: the progress of the download, then the model')
    .action(pull);
  add('path', 'print the folder of a model, or of the downloaded models', 'path emoji')
    .argument('[name]', 'name of a model')
    .action(path);
}

async function list({ modelsDir, json = false }: ModelsFlags): Promise<void> {
  const { listModels } = await import('../models/stored-models.js');
  const entries = await listModels(locateModels(modelsDir));
  if (json) {
    for (const entry of entries) printJson(entry);
    return;
  }
  const rows = entries.map(({ name, width, height, family, bytes, source, problem }) => [
    name,
    width === null ? '' : `${width}x${height}`,
    family ?? '',
    formatBytes(bytes),
    source,
    problem === null ? '' : `cannot be used: ${problem}`,
  ]);
  printTable([['model', 'pictures', 'family', 'on disk', 'from'], ...rows]);
}

async function pull(repository: string, { modelsDir, json = false }: ModelsFlags): Promise<void> {
  const { pullModel } = await import('../models/pull.js');
  const { stored } = locateModels(modelsDir);
  const reporter = json ? jsonReporter() : terminalReporter();
  const settings = { repository, modelsFolder: stored, onEvent: reporter.handle };
  const stopping = 'stopping; what has been downloaded is kept';
  const model = await withInterruption((signal) => pullModel({ ...settings, signal }), stopping).finally(
    reporter.close,
  );
  const { name, path, width, height } = model;
  if (json) return printJson({ type: 'model', name, path, width, height });
  process.stdout.write(`model      ${path}  (${width}x${height})\n`);
  const choice = modelsDir === undefined ? repository : JSON.stringify(path);
  process.stderr.write(`Use it with: steps-animation txt2img "a red apple" --model ${choice}\n`);
}

async function path(name: string | undefined, { modelsDir }: ModelsFlags): Promise<void> {
  const { findModelFolder } = await import('../models/stored-models.js');
  const { packaged, stored } = locateModels(modelsDir);
  const found = name === undefined ? stored : await findModelFolder(name, [packaged, stored]);
  process.stdout.write(`${found}\n`);
}

type PullReporter = { handle(event: PullEvent): void; close(): void };

/** A bar on a terminal, otherwise nothing. */
function terminalReporter(): PullReporter {
  const display = process.stderr.isTTY ? createProgressDisplay(process.stderr) : undefined;
  return {
    handle(event) {
      if (event.type === 'progress') display?.show({ unit: 'byte', value: event.bytes, total: event.total });
    },
    close: () => display?.stop(),
  };
}

/** A line for each file, and one per second for the progress. */
function jsonReporter(): PullReporter {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    handle(event) {
      const now = performance.now();
      if (event.type === 'progress' && now - shownAt < 1000) return;
      if (event.type === 'progress') shownAt = now;
      printJson(event);
    },
    close() {},
  };
}
