import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test.each([
  ['/v1/collect', '', undefined],
  ['/v1/collect?', '', undefined],
  ['/v1/collect?e=pv&u=%C3%A4%zz', 'e=pv&u=%C3%A4%zz', undefined],
  ['/v1/collect?partition_key=d-7', '', 'd-7'],
  ['/v1/collect?e=pv&partition_key=d%2D7+a&u=1', 'e=pv&u=1', 'd-7 a'],
  ['/v1/collect?e=pv&partition_key=%E6%9D%B1%0d', 'e=pv', '東'],
  ['/v1/collect?e=pv&my_partition_key=1', 'e=pv&my_partition_key=1', undefined],
  ['/v1/collect?partition_key=&e=pv', 'e=pv', undefined],
  ['/v1/collect?partition_key=a&partition_key=b', '', 'a'],
  ['/v1/collect?e=pv&api_key=pk_x&z=1', 'e=pv&z=1', undefined],
])('%s', (url, events, partitionKey) => {
  const query = readQuery(url);
  expect([String(query.events), query.partitionKey]).toEqual([events, partitionKey]);
});

test('an API key in the URL is read, and is no part of the event', () => {
  const query = readQuery('/v1/collect?partition_key=d&api_key=pk%5F1&e=pv');
  expect([query.apiKey, query.partitionKey, String(query.events)]).toEqual(['pk_1', 'd', 'e=pv']);
});
