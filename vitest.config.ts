import { defineConfig } from 'vitest/config';

// `npm test` leaves out what takes minutes; `npm run test:slow` runs only that.
const isSlow = process.env.SLOW !== undefined;

export default defineConfig({
  test: {
    include: isSlow ? ['test/slow/**/*.test.ts'] : ['test/**/*.test.ts'],
    globalSetup: 'test/web/find-chromium.ts',
    exclude: isSlow ? [] : ['test/slow/**'],
    // Movies and models are made for real here, on machines that may be slow and shared.
    testTimeout: isSlow ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
});
