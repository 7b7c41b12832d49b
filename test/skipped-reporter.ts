import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Says at the end how many tests were skipped, and in which files, so that nobody takes them for passed. */
export default class SkippedReporter implements Reporter {
  #isFiltered = false;

  onInit(vitest: Vitest): void {
    this.#isFiltered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#isFiltered) return;
    const counts = modules.map((module) => [relative('', module.moduleId), countSkipped(module)] as const);
    const skipped = counts.filter(([, count]) => count > 0).sort(([a], [b]) => a.localeCompare(b));
    const total = skipped.reduce((sum, [, count]) => sum + count, 0);
    console.log(total === 0 ? 'No test was skipped.' : `${total} tests were skipped, as what they need is not here:`);
    for (const [path, count] of skipped) console.log(`  ${String(count).padStart(4)}  ${path}`);
  }
}

function countSkipped(module: TestModule): number {
  return [...module.children.allTests('skipped')].length;
}
