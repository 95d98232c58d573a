import { defineConfig } from 'vitest/config';

/**
 * `unit` is what `npm run check` runs; `integration` starts real engines, task processes and clients beside the code;
 * `e2e` starts the real process and real clients; `nightly` takes minutes.
 */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/support/test-run-directory.setup.ts'],
    // Much of a test's time is waiting for other processes; with one worker on two processors it would all be in a row.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'cli/**/*.test.ts',
            'console/src/**/*.test.ts',
            'test/architecture.test.ts',
            'test/fuzz/*.test.ts',
          ],
          exclude: ['**/*.integration.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['src/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture.test.ts', 'test/fuzz/**'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: { name: 'nightly', include: ['test/**/*.nightly.ts'], fileParallelism: false },
      },
    ],
  },
});
