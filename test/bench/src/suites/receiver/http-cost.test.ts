import { expect, test } from 'vitest';
import { httpTable, type HttpSample } from './http-cost.ts';

const sample = (cpuMicrosPerRequest: number): HttpSample => ({
  ...{ cpuMicrosPerRequest, requestsPerSecond: 20_000, p99Ms: 4 },
});

test('what fastify costs is the difference of the medians', () => {
  const table = httpTable(
    new Map([
      ['fastify', [sample(30), sample(50), sample(32)]],
      ['node', [sample(26), sample(24), sample(40)]],
    ]),
  );
  const [fastify, node] = table.rows;
  expect(fastify?.figures).toMatchObject({ cpu: { median: 32 }, more: 6 });
  expect(node?.figures).toMatchObject({ cpu: { median: 26 }, more: null });
});
