import { defineConfig } from 'vitest/config';

/** Whole stacks that mostly wait: for a double's answers, or for a client to be given up. */
const patient = [
  'test/e2e/drain.test.ts',
  'test/e2e/freeswitch-*.test.ts',
  'test/e2e/janus-lost.test.ts',
  'test/e2e/node-killed.test.ts',
  'test/e2e/recordings-bucket.test.ts',
  'test/e2e/seed-freeswitch.test.ts',
  'test/e2e/silent-clients.test.ts',
];

/**
 * `unit`: no process, no engine. `infra`: the AWS stack, without AWS. `e2e`: whole stacks with a real Janus and real media,
 * one file after another, because each takes both cores of a small machine. `patient`: such as leave them to others; `bin/test` runs them beside the rest.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    // What handlers log is looked at by the tests that care.
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT' },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/infra/**'],
          testTimeout: 15_000,
        },
      },
      {
        // What is deployed: built and synthesized once, for all of its files.
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          globalSetup: 'test/infra/setup.ts',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: patient,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'patient',
          include: patient,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
