import { defineConfig } from 'vitest/config';

// Tests on real hosts: root, minutes rather than seconds, and one file at a time, for they share one machine.
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
});
