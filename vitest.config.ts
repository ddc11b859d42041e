import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The shared broker of the kafka project: started once per run, handed to the tests by provide/inject.
const brokerSetup = fileURLToPath(new URL('test/broker/src/vitest-setup.ts', import.meta.url));

// kafkajs (administration only) sets a timer in the past for each answer, and Node says so in every process.
const execArgv = ['--disable-warning=TimeoutNegativeWarning'];

const notOurs = ['**/node_modules/**', '**/.cache/**', '**/.demo/**', '**/.turbo/**'];

const minuteMs = 60_000;

// One project per cost: unit needs nothing, kafka a real broker, e2e whole processes. groupOrder runs them in
// that order, so that a wrong sum shows before minutes of brokers. It counts from 1, because vitest runs a
// group 0 with one worker last.
//
// Tests wait for states, not for the clock. The timeouts only end what hangs, so they are long enough for a
// machine whose cores are all taken by something else.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...notOurs, '**/*.kafka.test.ts', '**/*.e2e.test.ts'],
          maxWorkers: '100%', // by default one core is left idle, of two
          testTimeout: minuteMs,
          expect: { poll: { timeout: minuteMs / 2 } },
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
          maxWorkers: 3, // most of the time a test waits for brokers
          testTimeout: 8 * minuteMs,
          hookTimeout: 4 * minuteMs,
          teardownTimeout: minuteMs,
          expect: { poll: { timeout: minuteMs } },
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
          testTimeout: 20 * minuteMs,
          hookTimeout: 5 * minuteMs,
          teardownTimeout: minuteMs,
          expect: { poll: { timeout: 2 * minuteMs } },
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
