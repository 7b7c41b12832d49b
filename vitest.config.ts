import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

const root = import.meta.dirname;

/**
 * Tests load the sources; the processes, workers and WebAssembly that these start are those of the build, which
 * `test/set-up.ts` keeps up to date. So `import.meta.url` of a source is that of its built module.
 */
const builtModuleUrls: Plugin = {
  name: 'built-module-urls',
  enforce: 'pre',
  transform(code, id) {
    const source = id.slice(root.length);
    if (!id.startsWith(root) || !/^\/src\/.*\.ts$/.test(source) || !code.includes('import.meta.url')) return null;
    const built = `${root}/dist${source.slice('/src'.length, -'.ts'.length)}.js`;
    return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(built).href));
  },
};

// `npm test` leaves out what takes minutes; `npm run test:slow` runs only that, by `--mode slow`.
export default defineConfig(({ mode }) => ({
  plugins: [builtModuleUrls],
  resolve: { alias: [{ find: /^#src\/(.*)\.js$/, replacement: `${root}/src/$1.ts` }] },
  test: {
    include: mode === 'slow' ? ['test/slow/**/*.test.ts'] : ['test/**/*.test.ts'],
    reporters: ['default', './test/skipped-reporter.ts'],
    globalSetup: ['test/set-up.ts', 'test/web/find-chromium.ts'],
    exclude: mode === 'slow' ? [] : ['test/slow/**'],
    // Movies and models are made for real here, on machines that may be slow and shared.
    testTimeout: mode === 'slow' ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
}));
