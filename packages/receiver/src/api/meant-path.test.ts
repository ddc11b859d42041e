import { expect, test } from 'vitest';
import { meantPath } from './meant-path.ts';

const ours = ['/v4/events', '/v4/beacon', '/v1/collect', '/Till'];

test.each([
  ['//v4/events', '/v4/events'],
  ['/v4/events/', '/v4/events'],
  ['/v4//events//', '/v4/events'],
  ['/V4/Events', '/v4/events'],
  ['/api/v4/events', '/v4/events'],
  ['/v4/events/v4/events', '/v4/events'],
  ['/till/', '/Till'],
  ['/', undefined],
  ['/v5/events', undefined],
  ['/v4/eventsx', undefined],
  ['/v4/events/more', undefined],
])('who asks for %s has probably meant %s', (path, meant) => {
  expect(meantPath(path, ours)).toBe(meant);
});
