import { expect, it } from 'vitest';
import { parseLimit } from './limits.ts';

it.each([
  ['nofile=65536', { resource: 'nofile', soft: '65536', hard: '65536' }],
  ['nofile=1024:65536', { resource: 'nofile', soft: '1024', hard: '65536' }],
  ['core=0:unlimited', { resource: 'core', soft: '0', hard: 'unlimited' }],
  ['memlock=unlimited', { resource: 'memlock', soft: 'unlimited', hard: 'unlimited' }],
])('%s is understood', (text, limit) => {
  expect(parseLimit(text)).toEqual(limit);
});

it.each([
  '',
  'nofile',
  'nofile=',
  'nofile=-1',
  'nofile=1:',
  'nofile=2:1',
  'nofile=unlimited:1',
  'nofile=1k',
  'files=1',
  'nofile=1:2:3',
  'nofile=99999999999999999999',
  'NOFILE=1',
])('%j is refused', (text) => {
  expect(parseLimit(text)).toBeTypeOf('string');
});
