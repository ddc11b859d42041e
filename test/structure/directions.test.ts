import { expect, test } from 'vitest';
import { forbiddenImport } from './directions.ts';

const workspaces = new Map([
  ['@penstock/events', 'packages/events'],
  ['@penstock/kafka', 'packages/kafka'],
  ['@penstock/ledger', 'packages/ledger'],
  ['@penstock/service', 'packages/service'],
  ['@penstock/receiver', 'packages/receiver'],
  ['@penstock/ledger', 'packages/ledger'],
  ['@penstock/mirror', 'packages/mirror'],
  ['@penstock/runner', 'packages/runner'],
  ['@penstock/test-broker', 'test/broker'],
  ['@penstock/load', 'test/load'],
  ['@penstock/test-process', 'test/process'],
]);

test.each([
  ['packages/receiver/src/a.ts', '@penstock/events'],
  ['packages/receiver/src/a.ts', './b.ts'],
  ['packages/receiver/src/routes/a.ts', '../b.ts'],
  ['packages/mirror/src/a.ts', '@penstock/kafka'],
  ['packages/mirror/src/a.ts', '@penstock/ledger'],
  ['packages/ledger/src/a.ts', '@penstock/kafka'],
  ['packages/mirror/test/a.kafka.test.ts', '@penstock/test-broker'],
  ['packages/kafka/src/admin/admin.ts', 'kafkajs'],
  ['test/e2e/src/a.ts', 'kafkajs'],
  ['packages/kafka/test/a.kafka.test.ts', 'kafkajs'],
  ['packages/runner/src/a.ts', 'node:fs'],
  ['packages/runner/src/a.test.ts', 'vitest'],
  ['packages/events/src/a.ts', 'node:crypto'],
  ['test/e2e/a.e2e.test.ts', '@penstock/mirror'],
  ['infra/demo/main.ts', '@penstock/events'],
  ['infra/demo/main.ts', '@penstock/test-process'],
  ['packages/receiver/src/main.test.ts', '@penstock/test-process'],
  ['test/broker/src/a.ts', '@penstock/test-process'],
  ['infra/demo/main.ts', '../setup/checkout.mjs'],
  ['test/run.ts', './run/count.ts'],
  ['packages/input-filter/src/catalogue-file.ts', undefined],
])('%s may import %s', (file, specifier) => {
  expect(forbiddenImport(file, specifier, workspaces)).toBeUndefined();
});

test.each([
  ['packages/mirror/src/a.ts', '@penstock/events', 'may not import packages/events'],
  ['packages/mirror/src/a.ts', '@penstock/events/src/avro.ts', 'may not import packages/events'],
  ['packages/mirror/src/a.ts', '../../events/src/index.ts', 'a path into packages/events'],
  ['packages/mirror/test/a.kafka.test.ts', '../../events/src/index.ts', 'may not import packages/events'],
  ['packages/mirror/src/a.ts', '../../kafka/src/index.ts', 'a path into packages/kafka'],
  ['packages/mirror/src/deep/a.ts', '../../../../test/load/src/index.ts', 'a path into test/load'],
  ['packages/receiver/src/a.ts', '@penstock/mirror', 'may not import packages/mirror'],
  ['packages/kafka/src/a.ts', '@penstock/ledger', 'may not import packages/ledger'],
  ['packages/ledger/src/a.ts', '@penstock/service', 'may not import packages/service'],
  ['packages/kafka/src/a.ts', '@penstock/service', 'may not import packages/service'],
  ['packages/kafka/src/a.ts', '@penstock/ledger', 'may not import packages/ledger'],
  ['packages/ledger/src/a.ts', '@penstock/service', 'may not import packages/service'],
  ['packages/input-filter/src/a.ts', '@penstock/ledger', 'may not import packages/ledger'],
  ['packages/kafka/src/a.ts', '@penstock/test-broker', 'may not import test/broker'],
  ['packages/kafka/src/produce/a.ts', 'kafkajs', 'carries no data'],
  ['packages/mirror/src/a.ts', 'kafkajs/src/index.js', 'carries no data'],
  ['infra/demo/main.ts', 'kafkajs', 'carries no data'],
  ['packages/runner/src/a.ts', 'semver', 'depends on nothing'],
  ['packages/runner/src/a.ts', '@penstock/service', 'may not import packages/service'],
  ['packages/events/src/a.ts', 'node:fs', 'is pure'],
  ['packages/events/src/a.ts', 'node:fs/promises', 'is pure'],
  ['infra/demo/main.ts', '@penstock/receiver', 'is a process'],
  ['infra/demo/main.ts', '../../packages/runner/src/run.ts', 'is a process'],
  ['test/broker/src/a.ts', '@penstock/kafka', 'may not import packages/kafka'],
  ['test/process/src/a.ts', '@penstock/service', 'may not import packages/service'],
  ['packages/receiver/src/main.ts', '@penstock/test-process', 'may not import test/process'],
  ['packages/loader/src/a.ts', '@penstock/kafka', 'not in the table'],
  ['packages/kafka/src/a.ts', '/elsewhere/a.ts', 'absolute path'],
  ['packages/kafka/src/a.ts', 'file:///elsewhere/a.ts', 'absolute path'],
  ['packages/kafka/src/a.ts', '@penstock/nobody', 'no workspace'],
  ['packages/kafka/src/a.ts', undefined, 'computed'],
])('%s must not import %s', (file, specifier, why) => {
  expect(forbiddenImport(file, specifier, workspaces)).toContain(why);
});
