import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The shared broker of the kafka project. It is started once per run and given to the tests by
// provide/inject.
const brokerSetup = fileURLToPath(new URL('test/broker/src/vitest-setup.ts', import.meta.url));

// kafkajs (administration only) sets a timer in the past for each answer, and Node says so in every process.
const execArgv = ['--disable-warning=TimeoutNegativeWarning'];

const notOurs = ['**/node_modules/**', '**/.cache/**', '**/.demo/**', '**/.turbo/**'];

// One project per cost: unit needs nothing, kafka a real broker, e2e whole processes. groupOrder runs them
// in that order, so that a broken sum is told before minutes of brokers. (From 1: vitest runs a group 0
// with one worker last.)
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...notOurs, '**/*.kafka.test.ts', '**/*.e2e.test.ts'],
          maxWorkers: '100%', // by default one core is left idle, of two
          testTimeout: 10_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'kafka',
          include: ['**/*.kafka.test.ts'],
          exclude: notOurs,
          globalSetup: existsSync(brokerSetup) ? [brokerSetup] : [],
          pool: 'forks',
          execArgv,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 90_000,
          teardownTimeout: 30_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          exclude: notOurs,
          pool: 'forks',
          execArgv,
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          teardownTimeout: 30_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
