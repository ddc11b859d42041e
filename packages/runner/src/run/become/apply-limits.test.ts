import { expect, it } from 'vitest';
import { limitsBelowNode } from './apply-limits.ts';

const status = 'VmPeak:\t  999999 kB\nVmSize:\t  100000 kB\nVmData:\t   50000 kB\n';
const limit = (resource: string, soft: string) => limitsBelowNode([{ resource, soft, hard: soft }], status);

it.each([
  ['as', '100000000'],
  ['data', '50000000'],
  ['nofile', '10'],
])('refuses %s=%s, under which Node would abort', (resource, soft) => {
  expect(limit(resource, soft)).toEqual([expect.stringContaining(`--limit ${resource}=${soft} is below`)]);
});

it.each([
  ['as', '200000000'],
  ['as', 'unlimited'],
  ['nofile', '32'],
  ['core', '0'],
  ['stack', '4096'],
])('lets %s=%s pass', (resource, soft) => {
  expect(limit(resource, soft)).toEqual([]);
});
