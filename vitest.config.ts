import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/lab/**/*.lab.test.ts', 'test/benchmarks/**'],
    globalSetup: ['test/temporary-folder.ts'],
    pool: 'forks',
    testTimeout: 30_000,
  },
});
