import { defineConfig } from 'vitest/config';

// Real hosts: one file after the other, in one process each, with time for machines to boot and clusters to form.
export default defineConfig({
  test: {
    include: ['test/lab/**/*.lab.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 1_200_000,
    teardownTimeout: 120_000,
    bail: 0,
    // One line for each proof as it ends; what they say meanwhile is shown as it is.
    reporters: ['verbose'],
    disableConsoleIntercept: true,
  },
});
